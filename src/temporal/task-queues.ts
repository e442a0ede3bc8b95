import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { millisecondsOf } from './timestamps.js';

const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;

type DescribeTaskQueue = proto.temporal.api.workflowservice.v1.WorkflowService['describeTaskQueue'];

/** The connection of a client or a worker. */
export interface TaskQueueConnection {
  readonly workflowService: { describeTaskQueue: DescribeTaskQueue };
}

export interface TaskQueue {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'workflow' | 'activity';
}

export interface TaskQueueState {
  /** The workers that polled within the last 90 seconds, of all deployment versions. */
  readonly pollers: readonly Poller[];
  /** The deployment version that receives the tasks. Undefined: the unversioned workers. */
  readonly current: WorkerDeploymentVersion | undefined;
  /** The deployment version that receives a part of the tasks instead. */
  readonly ramping: WorkerDeploymentVersion | undefined;
}

export interface Poller {
  /** Process id and host, unless configured otherwise. */
  readonly identity: string;
  /** The rate that this worker sets for the whole queue. */
  readonly ratePerSecond: number;
}

/** A worker polls at least once a minute. The server lists it for five minutes. */
const pollerAliveMs = 90_000;

/** Asks the server which workers poll a task queue, and which deployment version receives its tasks. */
export async function describeTaskQueue(
  { workflowService }: TaskQueueConnection,
  { namespace, name, kind }: TaskQueue,
): Promise<TaskQueueState> {
  const { pollers, versioningInfo } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: kind === 'workflow' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
  });
  const since = Date.now() - pollerAliveMs;
  return {
    pollers: (pollers ?? [])
      .filter(({ lastAccessTime }) => lastAccessTime && millisecondsOf(lastAccessTime) > since)
      .map(({ identity, ratePerSecond }) => ({ identity: identity ?? '', ratePerSecond: ratePerSecond ?? 0 })),
    current: versionOf(versioningInfo?.currentDeploymentVersion),
    ramping: versionOf(versioningInfo?.rampingDeploymentVersion),
  };
}

function versionOf(
  version: proto.temporal.api.deployment.v1.IWorkerDeploymentVersion | null | undefined,
): WorkerDeploymentVersion | undefined {
  if (!version?.deploymentName || !version.buildId) return undefined;
  return { deploymentName: version.deploymentName, buildId: version.buildId };
}
