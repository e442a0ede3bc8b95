import { type Client, ScheduleOverlapPolicy, type Workflow, type WorkflowHandle } from '@temporalio/client';
import { eventually } from './eventually.js';

/** Starts the workflow of a schedule now, and returns it once it is started. */
export async function trigger<T extends Workflow>(client: Client, scheduleId: string): Promise<WorkflowHandle<T>> {
  const schedule = client.schedule.getHandle(scheduleId);
  const before = (await schedule.describe()).info.numActionsTaken;
  // By default the policy is ALLOW_ALL, with which a schedule does not pass on the last result.
  await schedule.trigger(ScheduleOverlapPolicy.SKIP);
  const { workflow } = await eventually(async () => {
    const { numActionsTaken, recentActions } = (await schedule.describe()).info;
    return numActionsTaken > before ? recentActions.at(-1)?.action : undefined;
  });
  return client.workflow.getHandle<T>(workflow.workflowId, workflow.firstExecutionRunId);
}
