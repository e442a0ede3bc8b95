#!/usr/bin/env -S node --max-semi-space-size=8
import './runtime/check-node.js';
import { setFlagsFromString } from 'node:v8';
import {
  type NativeConnection,
  Runtime,
  type WorkerOptions as SdkOptions,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { pino } from 'pino';
import { createActivities, requestPriority, temporalActivities } from './activities/index.js';
import { ChartMogulClient } from './chartmogul/client.js';
import { RequestPace } from './chartmogul/request-pace.js';
import { SourceWatch } from './chartmogul/source-watch.js';
import { milliseconds } from './domain/duration.js';
import {
  defaultCachedWorkflows,
  defaultShutdown,
  type WorkerConfig,
  type WorkerProcessConfig,
  workerConfig,
} from './runtime/config.js';
import { exitCodes, exitWith } from './runtime/exit-codes.js';
import { createLogger, temporalLogger } from './runtime/logging.js';
import { isMain, version } from './runtime/program.js';
import { stripeSweepConfig } from './runtime/stripe-config.js';
import { unknownSettings } from './runtime/unknown-settings.js';
import { connectClient } from './temporal/connect.js';
import { connectWorker } from './temporal/connect-worker.js';
import { dataConverter } from './temporal/data-converter.js';
import { ensureSearchAttributes } from './temporal/search-attributes.js';
import { requireServer } from './temporal/server-version.js';
import { isTemporalCloud, temporalConfig } from './temporal/settings.js';
import { WorkerFailure } from './temporal/worker-failure.js';
import { WorkerWatch } from './temporal/worker-watch.js';
import { workflowBundle } from './temporal/workflow-bundle.js';
import { WorkerOperations } from './worker/operations.js';
import { chartMogulTaskQueue, workflowTaskQueue } from './workflows/messages.js';
import { searchAttributeKeys } from './workflows/search-attributes.js';

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly config: WorkerConfig;
  readonly log: pino.Logger;
  /** Default: the built bundle, or one bundled from source. */
  readonly bundle?: WorkflowBundleOption;
  /** Default: {@link tuningOf} the configuration. */
  readonly tuning?: WorkerTuning;
  /** What shows this worker to its operators. Default: nothing. */
  readonly operations?: WorkerOperations;
  /** False if another worker runs the journeys, so that this one only sends requests. Default: true. */
  readonly carriesJourneys?: boolean;
}

/** Settings found by measurement: `npm run bench -- settings` compares them, docs/performance.md has the figures. */
export interface WorkerTuning {
  /** For the worker that runs the journeys. */
  readonly journeys: Tuning;
  /** For the worker that sends their requests. */
  readonly requests: Tuning;
}
type Tuning = Pick<
  SdkOptions,
  | 'maxCachedWorkflows'
  | 'maxConcurrentWorkflowTaskExecutions'
  | 'workflowTaskPollerBehavior'
  | 'activityTaskPollerBehavior'
  | 'nonStickyToStickyPollRatio'
  | 'stickyQueueScheduleToStartTimeout'
>;

/** All settings that are not configured are the SDK's defaults. */
function tuningOf({ cachedWorkflows, workflowPollers }: Partial<WorkerConfig>): WorkerTuning {
  return {
    journeys: {
      maxCachedWorkflows: cachedWorkflows ?? defaultCachedWorkflows,
      ...(workflowPollers !== undefined && {
        workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: workflowPollers },
      }),
    },
    requests: {},
  };
}

export const defaultTuning: WorkerTuning = tuningOf({});

export interface RunningWorker {
  /** Settles when both queues are drained; rejects if the worker fails. */
  readonly ended: Promise<void>;
  /** Shuts down: accepts no new tasks and lets running ones finish. */
  stop(): void;
}

/**
 * Starts polling both queues: journeys, and their requests to ChartMogul.
 *
 * @throws SourceMissingError if the billing source does not exist
 */
export async function startWorker({
  connection,
  namespace,
  config,
  log,
  bundle,
  tuning = tuningOf(config),
  operations,
  carriesJourneys = true,
}: WorkerOptions): Promise<RunningWorker> {
  const { onRequest, onPayerFound } = operations?.metrics ?? {};
  const pace = new RequestPace(config.requestsPerSecond, requestPriority);
  const chartMogul = new ChartMogulClient({ ...config.chartMogul, pace, ...(onRequest && { onRequest }) });
  const sources = new SourceWatch(chartMogul, config.sources, log);
  await sources.firstLook();

  const common = commonOptions({ connection, namespace, config });
  const requests = await Worker.create({
    ...common,
    ...tuning.requests,
    taskQueue: chartMogulTaskQueue(config.account),
    activities: createActivities({
      chartMogul,
      sources: () => sources.known(),
      ...(config.settings !== undefined && { settings: config.settings }),
      ...(config.stripe !== undefined && { stripe: config.stripe }),
      ...(onPayerFound && { onPayerFound }),
    }),
    // Enforced by the server across all workers of the queue. All must set the same value, since the last poller wins.
    maxTaskQueueActivitiesPerSecond: config.requestsPerSecond,
    // Enforced per worker: three workers stay below ChartMogul's 20 parallel connections.
    maxConcurrentActivityTaskExecutions: config.parallelRequests,
  });

  const journeys = carriesJourneys
    ? [await createJourneyWorker({ connection, namespace, config, bundle, tuning })]
    : [];

  const { requestsPerSecond, parallelRequests, account, deployment } = config;
  const watched = {
    ...{ namespace, requestsPerSecond, deployment, workflowQueue: workflowTaskQueue },
    onWorkers: (count: number) => pace.share(count),
  };
  const watch = new WorkerWatch(connection, { ...watched, requestQueue: chartMogulTaskQueue(account) }, log);
  const chartMogulUrl = withoutPassword(config.chartMogul.url);
  log.info(
    { version, ...deployment, account, namespace, chartMogulUrl, requestsPerSecond, parallelRequests },
    'worker started',
  );
  watch.start();
  operations?.watch({
    ...{ connection, namespace, sources },
    loops: [
      ...journeys.map((worker) => ({ worker, kind: 'workflow' }) as const),
      { worker: requests, kind: 'activity' },
    ],
  });
  return run([...journeys, requests], { sources, watch });
}

/** The SDK worker that runs the journeys of all accounts. */
export async function createJourneyWorker({
  bundle,
  tuning = defaultTuning,
  ...options
}: Connected & {
  readonly bundle?: WorkflowBundleOption | undefined;
  readonly tuning?: WorkerTuning;
}): Promise<Worker> {
  return Worker.create({
    ...commonOptions(options),
    ...tuning.journeys,
    taskQueue: workflowTaskQueue,
    workflowBundle: bundle ?? (await workflowBundle()),
    activities: temporalActivities,
  });
}

type Connected = Pick<WorkerOptions, 'connection' | 'namespace'> & {
  readonly config?: Pick<WorkerConfig, 'deployment' | 'shutdown'>;
};

function commonOptions({ connection, namespace, config }: Connected) {
  const { graceTime: shutdownGraceTime, forceTime: shutdownForceTime } = config?.shutdown ?? defaultShutdown;
  const workerDeploymentOptions =
    config?.deployment &&
    ({
      version: config.deployment,
      useWorkerVersioning: true,
      // Journeys wait for months, and pinned ones would need workers of every version until then.
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    } as const);
  return {
    connection,
    namespace,
    dataConverter: dataConverter(),
    shutdownGraceTime,
    shutdownForceTime,
    ...(workerDeploymentOptions && { workerDeploymentOptions }),
  };
}

/** Collects garbage before the heap doubles. Only for workers: an import would take half as long again. */
function limitHeap(): void {
  const option = '--heap-growing-percent';
  if (!process.execArgv.some((argument) => argument.startsWith(option))) setFlagsFromString(`${option}=30`);
}

/** The command `customer-journey worker`: one process, until SIGTERM or SIGINT. */
export async function runWorker(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const config = { ...workerConfig(env), ...(env.STRIPE_API_KEY && { stripe: stripeSweepConfig(env) }) };
  const log = createLogger(config.logLevel);
  for (const { text, fix } of unknownSettings(env)) log.warn(`${text}; ${fix}`);
  limitHeap();
  const { operations, url, close } = await WorkerOperations.listen(config, log);
  try {
    log.info({ operationsUrl: url }, 'worker is starting');
    await runShown({ env, config, log, operations });
  } finally {
    await close();
  }
}

async function runShown({ env, config, log, operations }: Shown): Promise<void> {
  const { namespace } = temporalConfig({ env });
  await prepareServer({ env, config, log });
  const failure = new WorkerFailure();
  // Installed late: a runtime that forwards its log and has no connection keeps the process alive.
  Runtime.install({
    logger: temporalLogger(log, failure.report),
    telemetryOptions: {
      // Otherwise the SDK's core writes its own log lines, not in JSON.
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      metrics: operations.telemetryOptions(),
    },
    shutdownSignals: [],
  });
  const connection = await connectWorker({ env });
  try {
    const worker = await startWorker({ connection, namespace, config, log, operations });
    stopOnSignals(worker, { config, log, operations });
    const { forceTime } = config.shutdown ?? defaultShutdown;
    await failure.ended(worker, milliseconds(forceTime), { env });
    log.info('worker stopped');
  } finally {
    // After a failure, the SDK may still use it.
    await connection.close().catch((error: unknown) => log.debug({ error }, 'the connection is not closed'));
  }
}

interface Shown {
  readonly env: NodeJS.ProcessEnv;
  readonly config: WorkerProcessConfig;
  readonly log: pino.Logger;
  readonly operations: WorkerOperations;
}

/** Checks the server's version, and registers the search attributes. @throws TemporalConfigError if it is too old */
async function prepareServer({ env, config, log }: Omit<Shown, 'operations'>): Promise<void> {
  const { namespace, connectionOptions } = temporalConfig({ env });
  const { connection } = await connectClient({ env });
  try {
    const serverVersion = (await connection.workflowService.getSystemInfo({})).serverVersion ?? '';
    const { deployment } = config;
    const isCloud = isTemporalCloud(connectionOptions.address);
    const warnings = requireServer(serverVersion, { isCloud, ...(deployment && { deployment }) });
    log.info({ address: connectionOptions.address, serverVersion }, 'connected to Temporal');
    for (const warning of warnings) log.warn({ serverVersion }, warning);
    await ensureSearchAttributes(connection, namespace, searchAttributeKeys);
  } finally {
    await connection.close();
  }
}

/** Runs several SDK workers as one: if one stops or fails, the others stop too. */
function run(workers: Worker[], { sources, watch }: { sources: SourceWatch; watch: WorkerWatch }): RunningWorker {
  const stop = () => {
    sources.stop();
    watch.stop();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const fault = sources.ended.catch((error) => {
    stop();
    throw error;
  });
  return { ended: allEnded([fault, ...workers.map((worker) => worker.run().finally(stop))]), stop };
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

/** Waits for all, even if one fails: the connection cannot be closed while a worker still uses it. */
async function allEnded(runs: Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(runs);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function stopOnSignals(worker: RunningWorker, { config, log, operations }: Omit<Shown, 'env'>): void {
  const { forceTime } = config.shutdown ?? defaultShutdown;
  let isStopping = false;
  let hasEnded = false;
  worker.ended.then(
    () => (hasEnded = true),
    () => undefined,
  );
  const stop = (signal: string) => {
    if (isStopping) process.exit(exitCodes.failed);
    isStopping = true;
    operations.stopping();
    log.info({ signal }, 'worker is stopping; a second signal ends it at once');
    // Abandons whatever still hangs then; the sender of the signal is about to kill the process.
    setTimeout(() => {
      if (!hasEnded) log.error({ forceTime }, 'worker ended by force; Temporal gives its requests to another worker');
      process.exit(hasEnded ? exitCodes.ok : exitCodes.failed);
    }, milliseconds(forceTime)).unref();
    worker.stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
}

if (isMain(import.meta.url)) void runWorker().catch(exitWith);
