import { type Client, ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import type { StripeSweep, StripeSweepResult } from '../../src/workflows/sweep-messages.js';
import { stripeSweepId } from '../../src/workflows/sweep-messages.js';
import { eventually } from './eventually.js';

type StripeSweepWorkflow = (sweep: StripeSweep) => Promise<StripeSweepResult>;

/** Starts a sweep as the schedule does, and returns it once it is started. */
export async function triggerSweep(client: Client, account: string): Promise<WorkflowHandle<StripeSweepWorkflow>> {
  const schedule = client.schedule.getHandle(stripeSweepId(account));
  const before = (await schedule.describe()).info.numActionsTaken;
  // By default the policy is ALLOW_ALL, with which a schedule does not pass on the last result.
  await schedule.trigger(ScheduleOverlapPolicy.SKIP);
  const { workflow } = await eventually(async () => {
    const { numActionsTaken, recentActions } = (await schedule.describe()).info;
    return numActionsTaken > before ? recentActions.at(-1)?.action : undefined;
  });
  return client.workflow.getHandle(workflow.workflowId, workflow.firstExecutionRunId);
}
