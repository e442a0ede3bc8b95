import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { type ConnectedClient, connectClient } from '../temporal/connect.js';
import { CredentialRefusedError, TemporalConfigError } from '../temporal/errors.js';
import { examineSearchAttributes } from '../temporal/search-attributes.js';
import { serverVersionFindings } from '../temporal/server-version.js';
import { isTemporalCloud, type TemporalConfig } from '../temporal/settings.js';
import { millisecondsOf } from '../temporal/timestamps.js';
import { searchAttributeKeys } from '../workflows/search-attributes.js';
import { clockOf } from './clock.js';
import { type Examination, explained } from './examination.js';
import { type Finding, failure, length, type Observation, ok, warning } from './findings.js';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
const dayMs = 86_400_000;

export interface Connected {
  /** Undefined: the findings say why. The caller closes its connection. */
  readonly client: ConnectedClient | undefined;
  readonly findings: readonly Finding[];
}

export async function connect(
  examination: Examination,
  { env, config }: { readonly env: NodeJS.ProcessEnv; readonly config: TemporalConfig },
): Promise<Connected> {
  let client: ConnectedClient | undefined;
  const { namespace, connectionOptions } = config;
  const findings = await examination.check(
    'temporal.connection',
    async (signal) => {
      try {
        const connected = await connectClient({ env, repeatsCalls: false, signal });
        if (signal.aborted) await connected.connection.close();
        else client = connected;
        return ok(`${connectionOptions.address} answers, and has the namespace ${namespace}`);
      } catch (error) {
        return unconnected(error, config);
      }
    },
    20_000, // a failed connection is tried again in two ways, to find out why
  );
  return { client, findings };
}

function unconnected(error: unknown, { namespace, connectionOptions: { address } }: TemporalConfig): Observation {
  if (error instanceof CredentialRefusedError) {
    return failure(error.message, 'set TEMPORAL_API_KEY, or the client certificate, to a valid one of this namespace');
  }
  const isNamespaceMissing = error instanceof TemporalConfigError && /has no namespace/.test(error.message);
  if (!isNamespaceMissing) return explained(error);
  return failure(
    `${address} answers, and has no namespace ${namespace}`,
    `set TEMPORAL_NAMESPACE to the right one, or: temporal operator namespace create --namespace ${namespace} --retention 90d`,
  );
}

export interface TemporalSubject {
  readonly client: ConnectedClient;
  readonly config: TemporalConfig;
  readonly isVersioned: boolean;
}

export async function examineTemporal(examination: Examination, subject: TemporalSubject): Promise<Finding[]> {
  const { client, config } = subject;
  const findings = await Promise.all([
    examination.check('temporal.version', () => version(subject)),
    examination.check('temporal.retention', () => retention(client, config)),
    examination.check('temporal.search-attributes', () => attributes(client.connection, config.namespace)),
    examination.check('temporal.clock', async (signal) =>
      clockOf('Temporal', await skewOf(client, config.namespace, signal)),
    ),
  ]);
  return findings.flat();
}

async function version({ client, config, isVersioned }: TemporalSubject): Promise<Observation[]> {
  const { serverVersion = '' } = await client.workflowService.getSystemInfo({});
  const isCloud = isTemporalCloud(config.connectionOptions.address);
  // Only whether there is a version matters.
  const deployment = isVersioned ? { deployment: { deploymentName: 'any', buildId: 'any' } } : {};
  const { refusal, warnings } = serverVersionFindings(serverVersion ?? '', { isCloud, ...deployment });
  const upgrade = 'upgrade the Temporal server; docs/operations.md has a table of versions';
  if (refusal !== undefined) return [failure(refusal, upgrade)];
  if (warnings.length > 0) return warnings.map((text) => warning(text, upgrade));
  return [ok(isCloud ? 'Temporal Cloud' : `server version ${serverVersion}`)];
}

/** Stripe repeats an event for three days. */
const leastRetentionMs = 3 * dayMs;
const goodRetentionMs = 30 * dayMs;

async function retention({ workflowService }: ConnectedClient, { namespace }: TemporalConfig): Promise<Observation> {
  const { config } = await workflowService.describeNamespace({ namespace });
  const ms = config?.workflowExecutionRetentionTtl ? millisecondsOf(config.workflowExecutionRetentionTtl) : 0;
  const shown = `the namespace keeps ended journeys for ${length(ms)}`;
  const fix = `temporal operator namespace update --namespace ${namespace} --retention 90d`;
  if (ms < leastRetentionMs) {
    return failure(`${shown}: a fact that Stripe repeats for three days would start a forgotten journey again`, fix);
  }
  if (ms < goodRetentionMs) {
    return warning(`${shown}: after that, corrections and late facts start without what a journey knew`, fix);
  }
  return ok(shown);
}

async function attributes(connection: Connection, namespace: string): Promise<Observation> {
  const { missing, problem } = await examineSearchAttributes(connection, namespace, searchAttributeKeys);
  if (problem !== undefined) {
    const [text = '', ...commands] = problem.message.split('\n');
    return failure(text, commands.map((line) => line.trim()).join('\n') || 'see docs/operations.md');
  }
  if (missing.length === 0) return ok('the search attributes of journeys are registered');
  const names = missing.map(({ name }) => name).join(', ');
  return warning(
    `the search attributes ${names} are not registered; there is room, and this credential may register them`,
    'start a worker: it registers them',
  );
}

/** The server refuses a poll without a deadline. */
const pollMs = 10_000;

/**
 * How far the server's clock is ahead, in milliseconds. Temporal tells the time only in what it records, so this polls a
 * task queue that nobody uses, and reads when the server saw the poll. The poll is cancelled then; no task is ever in that
 * queue.
 */
async function skewOf({ connection }: ConnectedClient, namespace: string, signal: AbortSignal): Promise<number> {
  const { workflowService } = connection;
  const taskQueue = { name: 'customer-journey-doctor' };
  const polledAt = Date.now();
  const identity = `doctor-${process.pid}-${polledAt}`;
  const seen = new AbortController();
  const poll = () => workflowService.pollActivityTaskQueue({ namespace, taskQueue, identity });
  const polling = connection
    .withAbortSignal(AbortSignal.any([signal, seen.signal]), () => connection.withDeadline(polledAt + pollMs, poll))
    .then(
      () => undefined,
      (error: unknown) => {
        if (!seen.signal.aborted) throw error;
      },
    );
  try {
    for (;;) {
      await Promise.race([polling, sleep(20, undefined, { signal })]);
      const { pollers } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue,
        taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
      });
      const { lastAccessTime } = pollers.find((poller) => poller.identity === identity) ?? {};
      if (lastAccessTime) return millisecondsOf(lastAccessTime) - polledAt;
    }
  } finally {
    seen.abort();
    await polling.catch(() => undefined); // the error was thrown above, or the deadline has passed
  }
}
