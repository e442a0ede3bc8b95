import assert from 'node:assert/strict';
import { mkdtemp, readFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import {
  type RecordedHistory,
  recordedHistories,
  replayHistory,
  writeHistory,
} from '../../tools/temporal-server/replay.js';
import { skipTime } from '../../tools/temporal-server/time-skipping.js';
import { bundleOf, withWorkflow } from './fixtures/worker.js';

describe('a recorded history', () => {
  let folder: string;
  let recorded: RecordedHistory;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'histories-'));
    await withWorkflow('knockUntilAnswered', { answeredAt: 2 }, async (handle) => {
      await skipTime(handle);
      await handle.result();
      await writeHistory(join(folder, 'v1', 'knock.json'), await handle.fetchHistory());
    });
    for await (const found of recordedHistories(folder)) recorded = found;
  });

  it('is found in its folder, with its workflow id', () => {
    assert.equal(recorded.file, join('v1', 'knock.json'));
    assert.match(recorded.workflowId, /^knockUntilAnswered-/);
  });

  it('replays with the code that recorded it', async () => {
    await replayHistory(await bundleOf('workflows.ts'), recorded.history);
  });

  it('does not replay with different code', async () => {
    const changed = await bundleOf('changed-workflows.ts');

    await assert.rejects(replayHistory(changed, recorded.history), DeterminismViolationError);
  });

  it('does not contain the host name or path of the recording machine', async () => {
    const json = await readFile(join(folder, recorded.file), 'utf8');

    assert.ok(!json.includes(`@${hostname()}`));
    assert.ok(!json.includes(process.cwd()));
    assert.doesNotMatch(json, /\([^()\s"]+\/node_modules\//, 'dependencies may be installed elsewhere');
  });
});
