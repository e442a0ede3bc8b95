import { callingTemporal, NoWorkerError } from '../journeys/errors.js';
import type { Journeys } from '../journeys/index.js';
import { describeTaskQueue, type TaskQueue, type TaskQueueState } from '../temporal/task-queues.js';
import { chartMogulTaskQueue, workflowTaskQueue } from '../workflows/messages.js';

/**
 * Counts the workers that run journeys. Without any, the import would fill its window and then hang.
 *
 * @throws NoWorkerError if no worker polls for journeys, or none for the account's requests
 */
export async function countWorkers(journeys: Journeys): Promise<number> {
  const [workflows, requests] = [
    await ask(journeys, { name: workflowTaskQueue, kind: 'workflow' }),
    await ask(journeys, { name: chartMogulTaskQueue(journeys.account), kind: 'activity' }),
  ];
  if (workflows.pollers.length === 0 || requests.pollers.length === 0) {
    throw new NoWorkerError(`No worker is running for account ${journeys.account}; nothing was started.`);
  }
  return new Set(workflows.pollers.map(({ identity }) => identity)).size;
}

function ask({ client }: Journeys, queue: Pick<TaskQueue, 'name' | 'kind'>): Promise<TaskQueueState> {
  const { connection, options } = client;
  return callingTemporal(() => describeTaskQueue(connection, { namespace: options.namespace, ...queue }));
}
