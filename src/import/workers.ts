import proto from '@temporalio/proto';
import { callingTemporal, NoWorkerError } from '../journeys/errors.js';
import type { Journeys } from '../journeys/index.js';
import { chartMogulTaskQueue, workflowTaskQueue } from '../workflows/messages.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/**
 * Checks that workers run; without them the import would fill its window and then hang.
 *
 * @throws NoWorkerError if no worker has polled for tasks in the last minutes
 */
export async function needWorker(journeys: Journeys): Promise<void> {
  const queues = [
    { name: workflowTaskQueue, type: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW },
    { name: chartMogulTaskQueue(journeys.account), type: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY },
  ];
  for (const { name, type } of queues) {
    const { pollers } = await callingTemporal(() =>
      journeys.client.workflowService.describeTaskQueue({
        namespace: journeys.client.options.namespace,
        taskQueue: { name },
        taskQueueType: type,
      }),
    );
    if ((pollers ?? []).length === 0) {
      throw new NoWorkerError(`No worker is running for account ${journeys.account}; nothing was started.`);
    }
  }
}
