import type { WorkerDeploymentVersion } from '@temporalio/common';
import { TemporalConfigError } from './errors.js';

/** What a worker needs to know about the version of its Temporal server. */
export interface ServerVersionFindings {
  /** Why journeys cannot run on this server, and what to do. */
  readonly refusal?: string;
  /** What works worse, and what to do. */
  readonly warnings: readonly string[];
}

/** Server releases, by what they changed. Found in the server's source, and tried with 1.27.2, 1.29.0 and 1.32.0. */
const releases = {
  /** Updates can start workflows (`frontend.enableExecuteMultiOperation`). */
  updateWithStart: '1.26',
  /** Worker Deployments are on (`system.enableDeploymentVersions`), and priorities can be turned on. */
  workerDeployments: '1.28',
  /** A changed rate of a task queue is applied at once. */
  promptRates: '1.29',
  /** Priorities are on (`matching.useNewMatcher`). */
  priorities: '1.31',
};

/**
 * What follows from a server's version. Nothing for a version in an unknown format.
 *
 * @param version such as `1.32.0`, as the server reports it
 * @param settings `isCloud`: Temporal Cloud, which has other versions and its own settings
 */
export function serverVersionFindings(
  version: string,
  { deployment, isCloud = false }: { readonly deployment?: WorkerDeploymentVersion; readonly isCloud?: boolean } = {},
): ServerVersionFindings {
  const isBefore = (release: string) => isOlder(version, release);
  if (isCloud) return { warnings: [] };
  if (isBefore(releases.updateWithStart)) {
    return refusal(version, `Journeys need ${releases.updateWithStart} or newer. Upgrade the server`);
  }
  if (deployment && isBefore(releases.workerDeployments)) {
    return refusal(
      version,
      `Workers with a version need ${releases.workerDeployments} or newer. Upgrade the server, or set ` +
        'WORKER_VERSIONING=false',
    );
  }
  return {
    warnings: [
      ...(isBefore(releases.priorities) ? [priorityWarning(isBefore(releases.workerDeployments))] : []),
      ...(isBefore(releases.promptRates)
        ? [
            `this Temporal server applies a changed CHARTMOGUL_REQUESTS_PER_SECOND late: upgrade it to ${releases.promptRates}`,
          ]
        : []),
    ],
  };
}

/** @throws TemporalConfigError if journeys cannot run on the server */
export function requireServer(
  version: string,
  settings: Parameters<typeof serverVersionFindings>[1],
): readonly string[] {
  const { refusal: reason, warnings } = serverVersionFindings(version, settings);
  if (reason !== undefined) throw new TemporalConfigError(reason);
  return warnings;
}

function refusal(version: string, need: string): ServerVersionFindings {
  return { refusal: `The Temporal server has version ${version}. ${need}.`, warnings: [] };
}

function priorityWarning(isWithoutSetting: boolean): string {
  const consequence = 'this Temporal server ignores priorities, so that live leads wait behind an import';
  return isWithoutSetting
    ? `${consequence}: upgrade it to ${releases.priorities}`
    : `${consequence}, unless its dynamic configuration has the line "matching.useNewMatcher: [{value: true}]"; ` +
        `from ${releases.priorities} on, this is the default`;
}

/** Compares major and minor version. False for a version in an unknown format. */
function isOlder(version: string, release: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const [least = 0, leastMinor = 0] = release.split('.').map(Number);
  return Number(major) < least || (Number(major) === least && Number(minor) < leastMinor);
}
