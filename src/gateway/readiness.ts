import proto from '@temporalio/proto';
import type { ConnectedClient } from '../temporal/connect.js';
import { millisecondsOf } from '../temporal/timestamps.js';
import { workflowTaskQueue } from '../workflows/messages.js';
import type { Readiness } from './operations.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** A worker polls at least once a minute. */
const pollerAliveMs = 90_000;
const answerWithinMs = 2_000;

/** Checks that Temporal responds and that a worker polls for journeys. */
export async function readinessOf({ connection, options: { namespace } }: ConnectedClient): Promise<Readiness> {
  try {
    const { pollers } = await connection.withDeadline(Date.now() + answerWithinMs, () =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: workflowTaskQueue },
        taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
      }),
    );
    const since = Date.now() - pollerAliveMs;
    const isPolled = (pollers ?? []).some(
      ({ lastAccessTime }) => lastAccessTime && millisecondsOf(lastAccessTime) > since,
    );
    return isPolled ? { isReady: true } : { isReady: false, reason: 'no worker polls for journeys' };
  } catch {
    return { isReady: false, reason: 'Temporal does not respond' };
  }
}
