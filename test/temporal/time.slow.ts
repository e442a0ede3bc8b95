import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { replayHistory } from '../../tools/temporal-server/replay.js';
import { fastForward, skipTime, stopSkipping } from '../../tools/temporal-server/time-skipping.js';
import { eventually } from '../support/eventually.js';
import { bundleOf, withWorkflow } from './fixtures/worker.js';

describe('time skipping', () => {
  it('runs eleven attempts, a minute apart, in seconds', async () => {
    await withWorkflow('knockUntilAnswered', { answeredAt: 11 }, async (handle) => {
      await skipTime(handle);

      const minutes = await handle.result();

      assert.ok(minutes >= 10 && minutes < 10.5, `${minutes} minutes of workflow time`);
    });
  });

  it('moves the clock of a workflow that waits for a signal by 45 days', async () => {
    await withWorkflow('waitUntilOpened', {}, async (handle) => {
      await fastForward(handle, '45 days');
      await handle.signal('open');

      const days = await handle.result();

      assert.ok(Math.abs(days - 45) < 0.01, `${days} days of workflow time`);
    });
  });

  it('leaves a history that replays', async () => {
    await withWorkflow('waitUntilOpened', { answeredAt: 3 }, async (handle) => {
      await fastForward(handle, '45 days');
      await handle.signal('open');
      await skipTime(handle);
      await handle.result();

      await replayHistory(await bundleOf('workflows.ts'), await handle.fetchHistory());
    });
  });

  it('ends after the maximum number of skips', async () => {
    await withWorkflow('knockUntilAnswered', { answeredAt: 1000 }, async (handle) => {
      await skipTime(handle, { maxSessionSkipCount: 3 });

      await eventually(async () => (await attempts(handle)) === 5);
      const { workflowExtendedInfo } = (await handle.describe()).raw;
      assert.equal(workflowExtendedInfo?.timeSkippingInfo?.effectiveConfig?.enabled, false);
      await handle.terminate();
    });
  });

  it('ends when it is stopped', async () => {
    await withWorkflow('waitUntilOpened', { answeredAt: 2 }, async (handle) => {
      await skipTime(handle);
      await stopSkipping(handle);
      await handle.signal('open');

      await eventually(async () => (await attempts(handle)) === 2);
      const { workflowExtendedInfo } = (await handle.describe()).raw;
      assert.equal(workflowExtendedInfo?.timeSkippingInfo?.effectiveConfig?.enabled, false);
      await handle.terminate();
    });
  });

  it('fails if the workflow ends before the requested time', async () => {
    await withWorkflow('waitUntilOpened', {}, async (handle) => {
      await handle.signal('open');
      await handle.result();

      await assert.rejects(fastForward(handle, '1 day'));
    });
  });
});

async function attempts(handle: WorkflowHandle): Promise<number | undefined> {
  return (await handle.describe()).raw.pendingActivities?.[0]?.attempt ?? undefined;
}
