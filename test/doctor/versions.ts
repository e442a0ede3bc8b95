import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

const { Timestamp } = proto.google.protobuf;
const { WORKER_STATUS_SHUTTING_DOWN } = proto.temporal.api.enums.v1.WorkerStatus;
const { WORKER_VERSIONING_MODE_VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;

/** Registers a version as a worker does that polls and stops, and makes it current. A worker without a version polls. */
export async function setCurrentVersion(
  connection: Connection,
  namespace: string,
  deploymentName: string,
  buildId: string,
): Promise<void> {
  const { workflowService } = connection;
  const taskQueue = { name: 'customer-journey' };
  const deploymentOptions = { deploymentName, buildId, workerVersioningMode: WORKER_VERSIONING_MODE_VERSIONED };
  const poll = (options: object) =>
    connection.withDeadline(Date.now() + 3_000, () =>
      workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'old@host', ...options }),
    );
  await poll({ identity: 'new@host', deploymentOptions });
  await workflowService.setWorkerDeploymentCurrentVersion({
    namespace,
    deploymentName,
    buildId,
    ignoreMissingTaskQueues: true,
    allowNoPollers: true,
    identity: 'test',
  });
  await workflowService.recordWorkerHeartbeat({
    namespace,
    identity: 'new@host',
    workerHeartbeat: [
      {
        workerInstanceKey: 'new',
        workerIdentity: 'new@host',
        taskQueue: taskQueue.name,
        status: WORKER_STATUS_SHUTTING_DOWN,
        heartbeatTime: Timestamp.fromObject({ seconds: Math.ceil(Date.now() / 1000) + 1 }),
      },
    ],
  });
  await poll({});
}
