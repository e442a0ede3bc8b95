import { toCanonicalString } from '@temporalio/common';
import {
  type QueueOfJourneys,
  queuesOfJourneys,
  startWorkerCommand,
  unpolledOf,
  workersOf,
} from '../journeys/workers.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { missingReceivers, type Poller, sdkVersionsOf } from '../temporal/task-queues.js';
import type { Examination } from './examination.js';
import { count, type Finding, failure, type Observation, ok, skipped, warning } from './findings.js';

export interface WorkersSubject {
  readonly client: ConnectedClient;
  readonly namespace: string;
  /** The account of this environment first, then those of the gateway's keys. */
  readonly accounts: readonly [string, ...string[]];
  /** The rate of this environment, if it sets one. */
  readonly requestsPerSecond: number | undefined;
}

/** Looks at the workers as Temporal sees them, wherever they run. */
export async function examineWorkers(examination: Examination, subject: WorkersSubject): Promise<Finding[]> {
  const { client, namespace, accounts } = subject;
  const asked = queuesOfJourneys(client, accounts);
  asked.catch(() => undefined); // each check reports it
  const findings = await Promise.all([
    examination.check('workers.polling', async () => polling(await asked, accounts)),
    examination.check('workers.versions', async () => versions(await asked, client, namespace)),
    examination.check('workers.rate', async () => rates(await asked, subject)),
  ]);
  return findings.flat();
}

function polling(queues: readonly QueueOfJourneys[], accounts: WorkersSubject['accounts']): Observation[] {
  return queues.map((queue, index) => {
    const { taskQueue, holds } = queue;
    const [unpolled] = unpolledOf([queue]);
    if (unpolled === undefined) return ok(`${count(workersOf(queue), 'worker')} on ${taskQueue}`);
    const { missing, waiting } = unpolled;
    const waits = waiting > 0 ? `; ${count(waiting, 'task')} ${waiting === 1 ? 'waits' : 'wait'} there` : '';
    if (missing === undefined) {
      const account = holds === 'journeys' ? accounts[0] : (accounts[index - 1] ?? accounts[0]);
      return failure(`no worker polls ${taskQueue}${waits}`, startWorkerCommand(account));
    }
    return failure(
      `tasks of ${taskQueue} go to ${missing}, and only other workers poll it${waits}`,
      `start ${missing}, or make the version that runs current: temporal worker deployment set-current-version (docs/operations.md)`,
    );
  });
}

async function versions(queues: readonly QueueOfJourneys[], client: ConnectedClient, namespace: string) {
  if (queues.every(({ state }) => state.pollers.length === 0)) return [skipped('versions', 'no worker runs')];
  const idle = queues.flatMap((queue) => idleWorkers(queue));
  if (idle.length > 0) return idle;
  const sdk = new Set(
    (await Promise.all(queues.map(({ taskQueue }) => sdkVersionsOf(client, namespace, taskQueue)))).flat(),
  );
  const running = new Set(queues.flatMap(({ state }) => state.pollers.map((poller) => versionName(poller))));
  const names = `${[...running].join(', ')}${sdk.size > 0 ? `; Temporal SDK ${[...sdk].join(', ')}` : ''}`;
  return sdk.size > 1
    ? [warning(`the workers are of different releases: ${names}`, 'deploy the same release everywhere')]
    : [ok(`the workers are ${names}`)];
}

/** Workers that poll a queue and get nothing, although the queue is served. */
function idleWorkers({ taskQueue, state }: QueueOfJourneys): Observation[] {
  if (missingReceivers(state).length > 0) return []; // the more serious finding
  const receivers = new Set([state.current, ...(state.isRamping ? [state.ramping] : [])].map(nameOf));
  const idle = new Set(state.pollers.map((poller) => versionName(poller)).filter((name) => !receivers.has(name)));
  return [...idle].map((name) =>
    warning(
      `workers ${name} poll ${taskQueue} and get no tasks: they go to workers ${[...receivers].join(' and ')}`,
      'stop them, or make their version current (docs/operations.md)',
    ),
  );
}

function versionName({ version }: Poller): string {
  return nameOf(version);
}

function nameOf(version: Poller['version']): string {
  return version ? `of version ${toCanonicalString(version)}` : 'without a version';
}

function rates(queues: readonly QueueOfJourneys[], { requestsPerSecond: own }: WorkersSubject): Observation[] {
  const ofRequests = queues.filter(({ holds }) => holds === 'requests');
  return ofRequests.flatMap(({ taskQueue, state }, index) => {
    const rates = [...new Set(state.pollers.map(({ ratePerSecond }) => ratePerSecond))].sort((a, b) => a - b);
    if (rates.length === 0) return [skipped('the rate', `no worker polls ${taskQueue}`)];
    const fix = 'set CHARTMOGUL_REQUESTS_PER_SECOND to the same value for all workers of the account, and restart them';
    if (rates.length > 1) {
      return [
        warning(`the workers of ${taskQueue} set different rates (${rates.join(', ')}/s): the last to poll wins`, fix),
      ];
    }
    const [rate = 0] = rates;
    if (state.ratePerSecond !== undefined && state.ratePerSecond !== rate) {
      return [
        warning(
          `the queue ${taskQueue} has a limit of ${state.ratePerSecond}/s, which overrides the ${rate}/s of its workers`,
          `temporal task-queue config set --task-queue ${taskQueue} --task-queue-type activity --queue-rps-limit default`,
        ),
      ];
    }
    if (index === 0 && own !== undefined && own !== rate) {
      return [warning(`the workers of ${taskQueue} send ${rate} requests/s, and this environment says ${own}`, fix)];
    }
    return [ok(`${rate} requests/s to ChartMogul through ${taskQueue}`)];
  });
}
