import { toCanonicalString, type WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { grpcErrorIn, grpcStatus } from './grpc-errors.js';
import { millisecondsOf } from './timestamps.js';

const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
const { RATE_LIMIT_SOURCE_API } = proto.temporal.api.enums.v1.RateLimitSource;
const { WORKER_VERSIONING_MODE_VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;

type WorkflowService = proto.temporal.api.workflowservice.v1.WorkflowService;

/** The connection of a client or a worker. */
export interface TaskQueueConnection {
  readonly workflowService: Pick<WorkflowService, 'describeTaskQueue' | 'listWorkers'>;
}

export interface TaskQueue {
  readonly name: string;
  /** The tasks that it holds. Temporal keeps one queue for each kind under the same name. */
  readonly kind: 'workflow' | 'activity';
}

/** What the server knows of a task queue. */
export interface TaskQueueState {
  /** The workers that poll it, of all deployment versions. */
  readonly pollers: readonly Poller[];
  /** Tasks that wait for a worker. The server updates this number every few seconds. */
  readonly waiting: number;
  /** The deployment version that receives the tasks. Undefined: the unversioned workers. */
  readonly current: WorkerDeploymentVersion | undefined;
  /** The deployment version that receives a part of the tasks instead. */
  readonly ramping: WorkerDeploymentVersion | undefined;
  /** Whether a part of the tasks goes to `ramping`, which is undefined for a ramp to the unversioned workers. */
  readonly isRamping: boolean;
  /** The rate that somebody set on the queue itself, which overrides what workers say. Servers before 1.29 have none. */
  readonly ratePerSecond?: number;
}

export interface Poller {
  /** Process id and host, unless configured otherwise. */
  readonly identity: string;
  /** The rate that this worker sets for the whole queue. */
  readonly ratePerSecond: number;
  /** Undefined: an unversioned worker. */
  readonly version: WorkerDeploymentVersion | undefined;
}

/** A long poll takes a minute, so a worker polls at least this often. */
const pollerAliveMs = 90_000;

/**
 * Asks the server who polls a task queue. The server remembers a poller for minutes after its last poll, so a worker
 * counts if it has polled within 90 seconds and has not reported its shutdown since. A worker that stops gracefully
 * reports it at once; one that was killed counts for up to 90 seconds.
 */
export async function taskQueueState(
  connection: TaskQueueConnection,
  namespace: string,
  { name, kind }: TaskQueue,
): Promise<TaskQueueState> {
  const [{ pollers, stats, versioningInfo, effectiveRateLimit }, shutdowns] = await Promise.all([
    connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType: kind === 'workflow' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
      reportStats: true,
      reportConfig: true,
    }),
    shutdownsOf(connection, namespace, name),
  ]);
  const since = Date.now() - pollerAliveMs;
  const isAlive = ({ identity, lastAccessTime }: proto.temporal.api.taskqueue.v1.IPollerInfo) => {
    const polledAt = lastAccessTime ? millisecondsOf(lastAccessTime) : 0;
    // A later poll is by a new worker with the same identity, as after the restart of a container.
    return polledAt > since && polledAt > (shutdowns.get(identity ?? '') ?? 0);
  };
  return {
    pollers: (pollers ?? []).filter(isAlive).map(({ identity, ratePerSecond, deploymentOptions }) => ({
      identity: identity ?? '',
      ratePerSecond: ratePerSecond ?? 0,
      version:
        deploymentOptions?.workerVersioningMode === WORKER_VERSIONING_MODE_VERSIONED
          ? versionOf(deploymentOptions)
          : undefined,
    })),
    waiting: Number(stats?.approximateBacklogCount ?? 0),
    current: versionOf(versioningInfo?.currentDeploymentVersion),
    ramping: versionOf(versioningInfo?.rampingDeploymentVersion),
    isRamping: (versioningInfo?.rampingVersionPercentage ?? 0) > 0,
    ...(effectiveRateLimit?.rateLimitSource === RATE_LIMIT_SOURCE_API && {
      ratePerSecond: effectiveRateLimit.requestsPerSecond ?? 0,
    }),
  };
}

/** Names a receiver of tasks: a deployment version, or the unversioned workers. */
export type Receiver = `version ${string}` | 'workers without a version';

/**
 * The receivers of the queue's tasks of which no worker polls: the tasks that go there wait, even if other workers
 * poll. Empty if all tasks are served.
 */
export function missingReceivers({ pollers, current, ramping, isRamping }: TaskQueueState): Receiver[] {
  const receivers = [current, ...(isRamping ? [ramping] : [])].map(receiverOf);
  const present = new Set(pollers.map(({ version }) => receiverOf(version)));
  return receivers.filter((receiver) => !present.has(receiver));
}

function receiverOf(version: WorkerDeploymentVersion | undefined): Receiver {
  return version ? `version ${toCanonicalString(version)}` : 'workers without a version';
}

function versionOf(
  version: { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined,
): WorkerDeploymentVersion | undefined {
  if (!version?.deploymentName || !version.buildId) return undefined;
  return { deploymentName: version.deploymentName, buildId: version.buildId };
}

/** When the workers of a queue reported their shutdown, by identity. Empty if the server does not tell. */
async function shutdownsOf(
  connection: TaskQueueConnection,
  namespace: string,
  queue: string,
): Promise<Map<string, number>> {
  const shutdowns = new Map<string, number>();
  for (const { workerIdentity, heartbeatTime } of await heartbeatsOf(connection, namespace, queue, 'ShuttingDown')) {
    if (!workerIdentity || !heartbeatTime) continue;
    const before = shutdowns.get(workerIdentity) ?? 0;
    shutdowns.set(workerIdentity, Math.max(before, millisecondsOf(heartbeatTime)));
  }
  return shutdowns;
}

/** The versions of the SDK with which running workers poll a queue, as far as the server knows them. */
export async function sdkVersionsOf(connection: TaskQueueConnection, namespace: string, queue: string) {
  const heartbeats = await heartbeatsOf(connection, namespace, queue, 'Running');
  return [...new Set(heartbeats.flatMap(({ sdkVersion }) => sdkVersion || []))].sort();
}

/** The last heartbeats of a queue's workers. Empty if the server does not tell. */
async function heartbeatsOf(
  { workflowService }: TaskQueueConnection,
  namespace: string,
  queue: string,
  status: 'Running' | 'ShuttingDown',
): Promise<proto.temporal.api.worker.v1.IWorkerHeartbeat[]> {
  const query = `TaskQueue = '${queue.replaceAll("'", "\\'")}' AND Status = '${status}'`;
  try {
    const { workersInfo } = await workflowService.listWorkers({ namespace, pageSize: 1_000, query });
    return (workersInfo ?? []).flatMap(({ workerHeartbeat }) => workerHeartbeat ?? []);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    return [];
  }
}

/** Servers before 1.29 do not list workers, and a key may lack the permission. */
function isUnsupported(error: unknown): boolean {
  const { unimplemented, permissionDenied, invalidArgument } = grpcStatus;
  return [unimplemented, permissionDenied, invalidArgument].includes(grpcErrorIn(error)?.code ?? -1);
}
