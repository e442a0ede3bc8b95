import type { Connection } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Timestamp } = proto.google.protobuf;
const { WORKER_STATUS_SHUTTING_DOWN } = proto.temporal.api.enums.v1.WorkerStatus;
const { WORKER_VERSIONING_MODE_VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;

const journeys = { name: 'customer-journey' };

/** Polls once, as another worker does. The server remembers it for minutes. It must find no task. */
export async function poll(
  connection: Connection,
  namespace: string,
  kind: 'workflow' | 'activity',
  options: object,
): Promise<void> {
  const { workflowService } = connection;
  const request = { namespace, taskQueue: journeys, identity: '7@other-host', ...options };
  await connection.withDeadline<unknown>(Date.now() + 3_000, () =>
    kind === 'workflow'
      ? workflowService.pollWorkflowTaskQueue(request)
      : workflowService.pollActivityTaskQueue(request),
  );
}

/** Polls once as a worker of a version, which registers the version. */
export function pollVersioned(
  connection: Connection,
  namespace: string,
  version: WorkerDeploymentVersion,
): Promise<void> {
  const deploymentOptions = { ...version, workerVersioningMode: WORKER_VERSIONING_MODE_VERSIONED };
  return poll(connection, namespace, 'workflow', { identity: '8@other-host', deploymentOptions });
}

/** Makes a version current whose only worker polls and stops, while a worker without a version polls. */
export async function setCurrentVersion(
  connection: Connection,
  namespace: string,
  version: WorkerDeploymentVersion,
): Promise<void> {
  const { workflowService } = connection;
  await pollVersioned(connection, namespace, version);
  const options = { ignoreMissingTaskQueues: true, allowNoPollers: true, identity: 'test' };
  await workflowService.setWorkerDeploymentCurrentVersion({ namespace, ...version, ...options });
  await workflowService.recordWorkerHeartbeat({
    namespace,
    identity: '8@other-host',
    workerHeartbeat: [
      {
        workerInstanceKey: 'other',
        workerIdentity: '8@other-host',
        taskQueue: journeys.name,
        status: WORKER_STATUS_SHUTTING_DOWN,
        heartbeatTime: Timestamp.fromObject({ seconds: Math.ceil(Date.now() / 1000) + 1 }),
      },
    ],
  });
  await poll(connection, namespace, 'workflow', {});
}
