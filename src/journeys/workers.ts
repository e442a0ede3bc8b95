import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { milliseconds } from '../domain/duration.js';
import {
  missingReceivers,
  type Receiver,
  type TaskQueue,
  type TaskQueueState,
  taskQueueState,
} from '../temporal/task-queues.js';
import { chartMogulTaskQueue, defaultAccount, workflowTaskQueue } from '../workflows/messages.js';
import { callingTemporal, NoWorkerError } from './errors.js';

/** A task queue that no worker polls, or none of those that receive its tasks, so nothing happens to these tasks. */
export interface UnpolledQueue {
  readonly taskQueue: string;
  /** `journeys` for the workflows of all accounts, `requests` for one account's requests to ChartMogul. */
  readonly holds: 'journeys' | 'requests';
  /** Journeys that wait in this queue, as far as the server has counted them: it takes a few seconds. */
  readonly waiting: number;
  /** Who receives the tasks but does not poll, while other workers poll. */
  readonly missing?: Receiver;
}

/** A task queue that journeys need, and what the server knows of it. */
export interface QueueOfJourneys extends Pick<UnpolledQueue, 'taskQueue' | 'holds'> {
  readonly state: TaskQueueState;
}

/** The queue of the workflows, and each account's queue of requests. @throws TemporalUnavailableError */
export async function queuesOfJourneys(
  client: Client,
  accounts: readonly string[],
  timeout: Duration = '10 seconds',
): Promise<QueueOfJourneys[]> {
  const queues = [
    { name: workflowTaskQueue, kind: 'workflow', holds: 'journeys' } as const,
    ...accounts.map(
      (account) => ({ name: chartMogulTaskQueue(account), kind: 'activity', holds: 'requests' }) as const,
    ),
  ];
  const states = await statesOf(client, queues, timeout);
  return queues.flatMap(({ name: taskQueue, holds }, index) => {
    const state = states[index];
    return state ? [{ taskQueue, holds, state }] : [];
  });
}

/** The queues whose tasks no worker takes, of those that journeys of the accounts need. @throws TemporalUnavailableError */
export async function unpolledQueues(
  client: Client,
  accounts: readonly string[],
  timeout?: Duration,
): Promise<UnpolledQueue[]> {
  return unpolledOf(await queuesOfJourneys(client, accounts, timeout));
}

/** Those whose tasks no worker takes. */
export function unpolledOf(queues: readonly QueueOfJourneys[]): UnpolledQueue[] {
  return queues.flatMap(({ taskQueue, holds, state }) => {
    const [missing] = missingReceivers(state);
    if (missing === undefined) return [];
    return [{ taskQueue, holds, waiting: state.waiting, ...(state.pollers.length > 0 && { missing }) }];
  });
}

/** How many workers poll a queue. A worker may poll with several loops. */
export function workersOf({ state }: QueueOfJourneys): number {
  return new Set(state.pollers.map(({ identity }) => identity)).size;
}

/** Whether a worker polls a queue. @throws TemporalUnavailableError */
export async function isPolled(client: Client, queue: TaskQueue, timeout: Duration = '10 seconds'): Promise<boolean> {
  const [state] = await statesOf(client, [queue], timeout);
  return (state?.pollers.length ?? 0) > 0;
}

function statesOf(client: Client, queues: readonly TaskQueue[], timeout: Duration): Promise<TaskQueueState[]> {
  return callingTemporal(() =>
    client.withDeadline(Date.now() + milliseconds(timeout), () =>
      Promise.all(queues.map((queue) => taskQueueState(client.connection, client.options.namespace, queue))),
    ),
  );
}

/** `no worker polls chartmogul/acme` */
export function unpolledText(queues: readonly Pick<UnpolledQueue, 'taskQueue' | 'missing'>[]): string {
  return unpolledReasons(queues).join('; ');
}

/** One sentence for all queues that nobody polls, and one for each that only others poll. */
export function unpolledReasons(queues: readonly Pick<UnpolledQueue, 'taskQueue' | 'missing'>[]): string[] {
  const without = queues.filter(({ missing }) => missing === undefined).map(({ taskQueue }) => taskQueue);
  return [
    ...(without.length === 0 ? [] : [`no worker polls ${without.join(' or ')}`]),
    ...queues.flatMap(({ taskQueue, missing }) =>
      missing === undefined ? [] : [`tasks of ${taskQueue} go to ${missing}, and only other workers poll it`],
    ),
  ];
}

/** The command that starts a worker for an account. */
export function startWorkerCommand(account: string): string {
  return `${account === defaultAccount ? '' : `JOURNEY_ACCOUNT=${account} `}customer-journey worker`;
}

/**
 * Counts the workers that run journeys. Without any, an import would fill its window and then hang.
 *
 * @throws NoWorkerError if a queue that the account's journeys need has no worker
 */
export async function countWorkers({ client, account }: { client: Client; account: string }): Promise<number> {
  const queues = await queuesOfJourneys(client, [account]);
  const unpolled = unpolledOf(queues);
  if (unpolled.length > 0) {
    throw new NoWorkerError(
      `No worker is running for account ${account} (${unpolledText(unpolled)}); nothing was started.`,
    );
  }
  const [journeys] = queues;
  return journeys === undefined ? 0 : workersOf(journeys);
}
