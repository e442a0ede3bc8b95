import { setTimeout as sleep } from 'node:timers/promises';
import { toCanonicalString, type WorkerDeploymentVersion } from '@temporalio/common';
import type { pino } from 'pino';
import { type TaskQueueConnection, type TaskQueueState, taskQueueState } from './task-queues.js';

const pauseMs = 60_000;

export interface WatchedWorker {
  readonly namespace: string;
  readonly workflowQueue: string;
  readonly requestQueue: string;
  /** The rate that this worker sets for the request queue. */
  readonly requestsPerSecond: number;
  readonly deployment: WorkerDeploymentVersion | undefined;
  /** Called with the number of workers that poll the request queue, this one included. */
  readonly onWorkers?: (count: number) => void;
}

/** What a worker cannot know by itself. */
interface Finding {
  readonly level: 'info' | 'warn';
  readonly text: string;
  readonly fields: object;
}

/**
 * Asks the server once a minute about the other workers: whether they set the same request rate, and whether this
 * worker's deployment version receives workflow tasks. Logs each finding when it is new.
 */
export class WorkerWatch {
  private readonly stopping = new AbortController();
  private known = new Set<string>();

  constructor(
    private readonly connection: TaskQueueConnection,
    private readonly worker: WatchedWorker,
    private readonly log: pino.Logger,
  ) {}

  /** Looks now and repeats in the background. */
  start(): void {
    void this.repeat();
  }

  stop(): void {
    this.stopping.abort();
  }

  private async repeat(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.look();
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const findings = await this.ask().catch((error: unknown) => [unanswered(error)]);
    if (this.stopping.signal.aborted) return;
    for (const { level, text, fields } of findings) {
      if (!this.known.has(keyOf({ level, text, fields }))) this.log[level](fields, text);
    }
    this.known = new Set(findings.map(keyOf));
  }

  private async ask(): Promise<Finding[]> {
    const { namespace, workflowQueue, requestQueue, onWorkers } = this.worker;
    const [workflows, requests] = await Promise.all([
      taskQueueState(this.connection, namespace, { name: workflowQueue, kind: 'workflow' }),
      taskQueueState(this.connection, namespace, { name: requestQueue, kind: 'activity' }),
    ]);
    onWorkers?.(new Set(requests.pollers.map(({ identity }) => identity)).size);
    return [routingOf(this.worker, workflows), otherRates(this.worker, requests)].filter((finding) => !!finding);
  }
}

function keyOf(finding: Finding): string {
  return JSON.stringify(finding);
}

function routingOf({ namespace, deployment }: WatchedWorker, { current, ramping }: TaskQueueState) {
  if (!deployment && !current) return undefined;
  const fields = {
    ...(current && { currentVersion: toCanonicalString(current) }),
    ...(ramping && { rampingVersion: toCanonicalString(ramping) }),
  };
  if (!deployment)
    return finding('warn', fields, 'workflow tasks go to a deployment version: this worker, without one, is idle');
  if ([current, ramping].some((version) => version && toCanonicalString(version) === toCanonicalString(deployment)))
    return finding('info', fields, 'this deployment version receives workflow tasks');
  const { deploymentName, buildId } = deployment;
  const version = `--deployment-name ${deploymentName} --build-id ${buildId}`;
  const command = `temporal worker deployment set-current-version ${version} --namespace ${namespace}`;
  return current
    ? finding('info', { ...fields, command }, 'another deployment version receives workflow tasks')
    : finding('warn', { command }, 'no deployment version is current: this worker is idle until you set one');
}

/** Workers of one queue overwrite each other's rate, so they must set the same. */
function otherRates({ requestQueue, requestsPerSecond }: WatchedWorker, { pollers }: TaskQueueState) {
  const others = pollers
    .filter(({ ratePerSecond }) => ratePerSecond !== requestsPerSecond)
    .map(({ identity, ratePerSecond }) => ({ identity, requestsPerSecond: ratePerSecond }))
    .sort((one, other) => one.identity.localeCompare(other.identity));
  if (others.length === 0) return undefined;
  return finding(
    'warn',
    { taskQueue: requestQueue, requestsPerSecond, others },
    'other workers of this account set another request rate, and the last one to poll wins: ' +
      'set CHARTMOGUL_REQUESTS_PER_SECOND to the same value everywhere',
  );
}

function unanswered(error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return finding('warn', { reason }, 'the server does not describe the task queues: other workers are not checked');
}

function finding(level: Finding['level'], fields: object, text: string): Finding {
  return { level, fields, text };
}
