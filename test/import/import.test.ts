import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { apiKey } from '../../src/sandbox/index.js';
import { run } from '../cli/terminal-stand-in.js';
import { onStage, type Stage } from '../support/journeys.js';
import { mixedLeads, populate, withFile, wrongRecords } from './leads.js';

const mix = { rows: 120, paying: 20, existing: 10, bad: 6, repeats: 5 };

describe('an import', () => {
  it(
    'makes every record right, keeps the bad lines, and writes nothing when it is run again',
    onStage({}, async (stage) => {
      const leads = mixedLeads(mix);
      await populate(stage.sandbox, apiKey, leads);
      await withFile(leads.csv, async (path) => {
        const args = ['import', path, '--yes', '--skip-bad', '--json'];
        const first = await run(args, { env: environment(stage) });
        const written = stage.requests().length;
        const second = await run(args, { env: environment(stage) });

        const payers = [...leads.expected.values()].filter(({ customer }) => customer !== undefined).length;
        assert.equal(first.exitCode, 0, first.stdout + first.stderr);
        assert.deepEqual(wrongRecords(stage.sandbox, leads), []);
        const rejects = await readFile(path.replace('.csv', '.rejects.csv'), 'utf8');
        assert.deepEqual(rejectedLines(rejects), leads.badLines);
        const { result } = JSON.parse(first.stdout);
        assert.equal(result.rest.proven, payers);
        assert.equal(result.rest.open, leads.leads - payers);
        assert.equal(result.adopted, [...leads.expected.keys()].filter((id) => id.startsWith('old_')).length);
        assert.equal(result.created + result.adopted, leads.leads);
        assert.equal(result.merged, payers);

        assert.equal(second.exitCode, 0);
        assert.deepEqual(JSON.parse(second.stdout).result, {
          ...result,
          ...{ created: 0, adopted: 0, known: leads.good },
        });
        assert.equal(stage.requests().length, written);
      });
    }),
  );
});

function environment(stage: Stage): NodeJS.ProcessEnv {
  return { TEMPORAL_ADDRESS: stage.server.address, JOURNEY_ACCOUNT: stage.account };
}

function rejectedLines(rejects: string): number[] {
  return [...rejects.matchAll(/line (\d+): /g)].map(([, line]) => Number(line));
}
