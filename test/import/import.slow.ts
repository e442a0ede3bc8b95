import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses, type Running, start } from '../e2e/processes.js';
import { onStage, type Stage } from '../support/journeys.js';
import { importFile, mix, populated } from './importing.js';
import { type MixedLeads, withFile, wrongRecords } from './leads.js';

const at = '2016-01-05T00:00:00Z';

describe('an import by a process', () => {
  afterEach(endProcesses);

  it(
    'reaches the same result when it is killed and run again',
    onStage({ worker: { requestsPerSecond: 30 } }, async (stage) => {
      const leads = await populated(stage);
      await withFile(leads.csv, async (path) => {
        const first = await start(
          'src/starter.ts',
          ['import', path, '--yes', '--skip-bad', '--window', '20'],
          stage.env,
        );
        await requested(stage, 30, first);
        first.process.kill('SIGKILL');
        await first.ended;
        const second = await importFile(stage, path);

        assert.equal(second.exitCode, 0, second.stderr);
        assert.deepEqual(wrongRecords(stage.sandbox, leads), []);
      });
    }),
  );

  it(
    'stops on Ctrl-C, reports what it has started, and says how to resume',
    onStage({ worker: { requestsPerSecond: 20 } }, async (stage) => {
      const leads = await populated(stage);
      await withFile(leads.csv, async (path) => {
        const importing = await start(
          'src/starter.ts',
          ['import', path, '--yes', '--skip-bad', '--window', '5'],
          stage.env,
        );
        await requested(stage, 1, importing);
        importing.process.kill('SIGINT');
        const { exitCode, stdout, stderr } = await importing.ended;

        assert.equal(exitCode, 130, stderr);
        const [, done, onTheirWay, left] =
          /lines completed +(\d+)\n[\s\S]*still in progress +(\d+)\nStopped; (\d+) lines of .* left\./
            .exec(stdout)
            ?.map(Number) ?? [];
        assert.match(stdout, /Started journeys continue without the import\.\nTo resume, run the same command again/);
        assert.equal(Number(done) + Number(onTheirWay) + Number(left), leads.good);
        assert.ok(Number(left) > 0, 'the import finished before it was stopped');
        const started = await journeysOf(stage, leads);
        assert.ok(started <= Number(done) + Number(onTheirWay), `${started} journeys:\n${stdout}`);

        assert.equal((await importFile(stage, path)).exitCode, 0);
        assert.deepEqual(wrongRecords(stage.sandbox, leads), []);
      });
    }),
  );

  it(
    'updates its progress line while all journeys wait for their payers',
    onStage({}, async (stage) => {
      const lines = `lead_id,lead_created_at,billing_customer_id,paid_at\nlead_1,${at},cus_1,2016-02-25T00:00:00Z`;
      await withFile(lines, async (path) => {
        const importing = await start('src/starter.ts', ['import', path, '--yes'], stage.env);
        await importing.said('0 of 1 (0.0/s) created 0, adopted 0, merged 0, waiting 1, attention 0\n');
        importing.process.kill('SIGTERM');

        assert.equal((await importing.ended).exitCode, 143);
      });
    }),
  );

  it(
    "has a window of the workers' caches by default",
    // A namespace in which Temporal knows of no other worker.
    onStage({ namespace: 'own' }, async (stage) => {
      const rows = Array.from({ length: 5 }, (_, index) => `lead_${index},${at}`);
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 'timeout', times: 100 });
      await withFile(['lead_id,lead_created_at', ...rows].join('\n'), async (path) => {
        const env = { ...stage.env, WORKER_CACHED_WORKFLOWS: '2' };
        const importing = await start('src/starter.ts', ['import', path, '--yes'], env);

        await importing.said('0 of 5 (0.0/s) created 0, adopted 0, merged 0, waiting 2, attention 0\n');
      });
    }),
  );
});

/** The number of leads with a journey, from the server's own state. */
async function journeysOf({ journeys }: Stage, { expected }: MixedLeads): Promise<number> {
  let found = 0;
  for (const leadId of expected.keys()) {
    const description = await journeys
      .handle(leadId)
      .describe()
      .catch(() => undefined);
    if (description) found += 1;
  }
  return found;
}

/** Waits until an import has made `many` requests. */
async function requested(stage: Stage, many: number, importing: Running): Promise<void> {
  while (stage.requests().length < mix.existing + many) {
    assert.equal(importing.process.exitCode, null, importing.output());
    await sleep(10);
  }
}
