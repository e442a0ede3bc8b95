import type { WorkerDeploymentVersion } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/** Decides when a run should continue as new. Create it in the run's first activation. */
export class NextRun {
  private readonly firstVersion = currentVersion();

  /**
   * Whether the history is long, or another version of a worker deployment has taken over the run. The next run then has
   * a history of that version only, so that patches for earlier versions can be retired even though it never ends.
   *
   * The server's `targetWorkerDeploymentVersionChanged` reports this only for pinned workflows. These are not pinned.
   */
  isDue(): boolean {
    const version = currentVersion();
    const hasMoved = version !== undefined && version !== this.firstVersion;
    return hasMoved || workflowInfo().continueAsNewSuggested;
  }
}

/**
 * The deployment version that executes the current workflow task. In a replay: the version that executed it then.
 * Undefined without worker versioning; the SDK then reports only a build id, which is the checksum of the bundle.
 */
function currentVersion(): string | undefined {
  const version: WorkerDeploymentVersion | undefined = workflowInfo().currentDeploymentVersion;
  return version?.deploymentName ? `${version.deploymentName}.${version.buildId}` : undefined;
}
