import type { NativeConnection, Worker } from '@temporalio/worker';
import type { FinishedRequest } from '../chartmogul/client.js';
import { refusalOf } from '../temporal/grpc-errors.js';
import { type TaskQueue, taskQueueState } from '../temporal/task-queues.js';

/** An SDK worker and the kind of tasks that it polls for. */
export interface PollLoop {
  readonly worker: Worker;
  readonly kind: TaskQueue['kind'];
}

const answerWithinMs = 2_000;

/** What Temporal knows of this worker's polls. */
export interface SeenPolls {
  /** Why Temporal cannot give this worker any tasks. */
  readonly reasons: readonly string[];
  /** The identities of all workers that poll the account's requests. Empty if Temporal did not answer. */
  readonly requestPollers: readonly string[];
}

/** Asks Temporal whether it sees the polls of each loop. Never rejects. */
export async function seenPolls(
  connection: NativeConnection,
  namespace: string,
  loops: readonly PollLoop[],
): Promise<SeenPolls> {
  try {
    const states = await connection.withDeadline(Date.now() + answerWithinMs, () =>
      Promise.all(
        loops.map(async ({ worker, kind }) => {
          const { identity, taskQueue: name } = worker.options;
          const { pollers } = await taskQueueState(connection, namespace, { name, kind });
          return { name, kind, identity, pollers: pollers.map((poller) => poller.identity) };
        }),
      ),
    );
    return {
      reasons: states
        .filter(({ identity, pollers }) => !pollers.includes(identity))
        .map(({ name }) => `Temporal has seen no poll of ${name} by this worker in the last 90 seconds`),
      requestPollers: states.find(({ kind }) => kind === 'activity')?.pollers ?? [],
    };
  } catch (error) {
    return { reasons: [whyUnanswered(error)], requestPollers: [] };
  }
}

function whyUnanswered(error: unknown): string {
  return refusalOf(error) === undefined
    ? 'Temporal does not respond'
    : 'Temporal rejects the credentials of this worker';
}

/** Loops that have ended, or have not begun, as this process knows them. */
export function endedLoops(loops: readonly PollLoop[]): string[] {
  return loops
    .filter(({ worker, kind }) => {
      const { workflowPollerState, activityPollerState } = worker.getStatus();
      return (
        worker.getState() !== 'RUNNING' ||
        (kind === 'workflow' ? workflowPollerState : activityPollerState) !== 'POLLING'
      );
    })
    .map(({ worker }) => `the poll loop of ${worker.options.taskQueue} does not run (${worker.getState()})`);
}

/** Why requests to ChartMogul cannot succeed now, as far as the last one shows. */
export function chartMogulReasons(areSourcesKnown: boolean, last: FinishedRequest | undefined): string[] {
  const reason = reasonOf(last);
  if (areSourcesKnown) return reason === undefined ? [] : [reason];
  return [`ChartMogul's data sources are not known yet${reason === undefined ? '' : `: ${reason}`}`];
}

function reasonOf(last: FinishedRequest | undefined): string | undefined {
  const status = last?.status === undefined ? '' : ` (${last.status})`;
  if (last?.outcome === 'unauthorized') return `ChartMogul rejects the API key${status}`;
  return last?.outcome === 'unavailable' ? `ChartMogul does not answer${status}` : undefined;
}
