import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { grpcErrorIn, grpcStatus } from './grpc-errors.js';
import { millisecondsOf } from './timestamps.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

export interface TaskQueue {
  readonly name: string;
  /** The tasks that it holds. Temporal keeps one queue for each kind under the same name. */
  readonly kind: 'workflow' | 'activity';
}

/** What the server knows of a task queue. */
export interface TaskQueueState {
  /** Whether a worker polls it. */
  readonly isPolled: boolean;
  /** Tasks that wait for a worker. The server updates this number every few seconds. */
  readonly waiting: number;
}

/** A long poll takes a minute, so a worker polls at least this often. */
const pollerAliveMs = 90_000;

/**
 * Asks the server who polls a task queue. The server remembers a poller for minutes after its last poll, so a worker
 * counts if it has polled within 90 seconds and has not reported its shutdown since. A worker that stops gracefully
 * reports it at once; one that was killed counts for up to 90 seconds.
 */
export async function taskQueueState(client: Client, { name, kind }: TaskQueue): Promise<TaskQueueState> {
  const { namespace } = client.options;
  const [{ pollers, stats }, shutdowns] = await Promise.all([
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType: TaskQueueType[kind === 'workflow' ? 'TASK_QUEUE_TYPE_WORKFLOW' : 'TASK_QUEUE_TYPE_ACTIVITY'],
      reportStats: true,
    }),
    shutdownsOf(client, name),
  ]);
  const since = Date.now() - pollerAliveMs;
  const isPolled = (pollers ?? []).some(({ identity, lastAccessTime }) => {
    const polledAt = lastAccessTime ? millisecondsOf(lastAccessTime) : 0;
    // A later poll is by a new worker with the same identity, as after the restart of a container.
    return polledAt > since && polledAt > (shutdowns.get(identity ?? '') ?? 0);
  });
  return { isPolled, waiting: Number(stats?.approximateBacklogCount ?? 0) };
}

/** When the workers of a queue reported their shutdown, by identity. Empty if the server does not tell. */
async function shutdownsOf(client: Client, queue: string): Promise<Map<string, number>> {
  const query = `TaskQueue = '${queue.replaceAll("'", "\\'")}' AND Status = 'ShuttingDown'`;
  const shutdowns = new Map<string, number>();
  try {
    const { workersInfo } = await client.workflowService.listWorkers({
      namespace: client.options.namespace,
      pageSize: 1_000,
      query,
    });
    for (const { workerHeartbeat } of workersInfo ?? []) {
      const { workerIdentity, heartbeatTime } = workerHeartbeat ?? {};
      if (!workerIdentity || !heartbeatTime) continue;
      const before = shutdowns.get(workerIdentity) ?? 0;
      shutdowns.set(workerIdentity, Math.max(before, millisecondsOf(heartbeatTime)));
    }
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  return shutdowns;
}

/** Servers before 1.29 do not list workers, and a key may lack the permission. */
function isUnsupported(error: unknown): boolean {
  const { unimplemented, permissionDenied, invalidArgument } = grpcStatus;
  return [unimplemented, permissionDenied, invalidArgument].includes(grpcErrorIn(error)?.code ?? -1);
}
