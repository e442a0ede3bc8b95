#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=30
import './runtime/check-node.js';
import type { Duration } from '@temporalio/common';
import {
  type NativeConnection,
  Runtime,
  type WorkerOptions as SdkOptions,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { pino } from 'pino';
import { createActivities, temporalActivities } from './activities/index.js';
import { ChartMogulClient } from './chartmogul/client.js';
import { SourceWatch } from './chartmogul/source-watch.js';
import { milliseconds } from './domain/duration.js';
import { defaultShutdown, type WorkerConfig, workerConfig } from './runtime/config.js';
import { exitCodes, exitWith } from './runtime/exit-codes.js';
import { createLogger, temporalLogger } from './runtime/logging.js';
import { isMain } from './runtime/program.js';
import { connectClient, temporalConfig } from './temporal/connect.js';
import { connectWorker } from './temporal/connect-worker.js';
import { dataConverter } from './temporal/data-converter.js';
import { ensureSearchAttributes } from './temporal/search-attributes.js';
import { workflowBundle } from './temporal/workflow-bundle.js';
import { chartMogulTaskQueue, workflowTaskQueue } from './workflows/messages.js';
import { searchAttributeKeys } from './workflows/search-attributes.js';

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly config: WorkerConfig;
  readonly log: pino.Logger;
  /** Default: the built bundle, or one made from the source. */
  readonly bundle?: WorkflowBundleOption;
  /** Default: {@link defaultTuning}. */
  readonly tuning?: WorkerTuning;
  /** False if another worker carries the journeys, so that this one only makes requests. Default: true. */
  readonly carriesJourneys?: boolean;
}

/** What is found by measuring: `npm run bench -- settings` compares them, docs/performance.md has the figures. */
export interface WorkerTuning {
  /** Of the worker that carries the journeys. */
  readonly journeys: Tuning;
  /** Of the one that makes their requests. */
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

/**
 * A cached journey costs 0.2 MB, one that left the cache a replay when it is woken; of those that wait for weeks none needs
 * the cache. With this many a worker stays below 300 MB however many are parked. The rest is as the SDK has it.
 */
export const defaultTuning: WorkerTuning = { journeys: { maxCachedWorkflows: 100 }, requests: {} };

export interface RunningWorker {
  /** Settles when both queues are drained; rejects if the worker cannot go on. */
  readonly ended: Promise<void>;
  /** Takes nothing new, lets what runs end. */
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
  tuning = defaultTuning,
  carriesJourneys = true,
}: WorkerOptions): Promise<RunningWorker> {
  const chartMogul = new ChartMogulClient(config.chartMogul);
  const sources = new SourceWatch(chartMogul, config.sources, log);
  await sources.firstLook();

  const common = commonOptions({ connection, namespace, config });
  const requests = await Worker.create({
    ...common,
    ...tuning.requests,
    taskQueue: chartMogulTaskQueue(config.account),
    activities: createActivities({ chartMogul, sources: () => sources.known() }),
    // Held by the server over all workers of the queue; all must ask for the same, since the last poller wins.
    maxTaskQueueActivitiesPerSecond: config.requestsPerSecond,
    // Held by each worker for itself: three of them stay below ChartMogul's 20 parallel connections.
    maxConcurrentActivityTaskExecutions: config.parallelRequests,
  });

  const journeys = carriesJourneys
    ? [await createJourneyWorker({ connection, namespace, config, bundle, tuning })]
    : [];

  const { requestsPerSecond, parallelRequests, account } = config;
  log.info({ account, namespace, requestsPerSecond, parallelRequests }, 'worker started');
  return run([...journeys, requests], sources);
}

/** The SDK worker that carries the journeys, of whatever account. */
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

type Connected = Pick<WorkerOptions, 'connection' | 'namespace'> & { readonly config?: Pick<WorkerConfig, 'shutdown'> };

function commonOptions({ connection, namespace, config }: Connected) {
  const { graceTime: shutdownGraceTime, forceTime: shutdownForceTime } = config?.shutdown ?? defaultShutdown;
  return { connection, namespace, dataConverter: dataConverter(), shutdownGraceTime, shutdownForceTime };
}

/** The command `customer-journey worker`: one process, until SIGTERM or SIGINT. */
export async function runWorker(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const config = workerConfig(env);
  const { namespace } = temporalConfig({ env });
  const log = createLogger(config.logLevel);
  const client = await connectClient({ env });
  await ensureSearchAttributes(client.connection, namespace, searchAttributeKeys).finally(() =>
    client.connection.close(),
  );
  // Not before it is needed: a runtime that forwards its log and has no connection keeps the process from ending.
  Runtime.install({
    logger: temporalLogger(log),
    // The SDK's core would write its own lines between ours, and not in JSON.
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
  const connection = await connectWorker({ env });
  try {
    const worker = await startWorker({ connection, namespace, config, log });
    stopOnSignals(worker, (config.shutdown ?? defaultShutdown).forceTime, log);
    await worker.ended;
    log.info('worker stopped');
  } finally {
    await connection.close();
  }
}

/** Two SDK workers as one: if one ends, by request or by a fault, so does the other. */
function run(workers: Worker[], sources: SourceWatch): RunningWorker {
  const stop = () => {
    sources.stop();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const fault = sources.ended.catch((error) => {
    stop();
    throw error;
  });
  return { ended: allEnded([fault, ...workers.map((worker) => worker.run().finally(stop))]), stop };
}

/** Waits for all, even if one fails: the connection cannot be closed while a worker still uses it. */
async function allEnded(runs: Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(runs);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function stopOnSignals(worker: RunningWorker, forceTime: Duration, log: pino.Logger): void {
  let isStopping = false;
  let hasEnded = false;
  worker.ended.then(
    () => (hasEnded = true),
    () => undefined,
  );
  const stop = (signal: string) => {
    if (isStopping) process.exit(exitCodes.failed);
    isStopping = true;
    log.info({ signal }, 'worker is stopping; a second signal ends it at once');
    // What hangs beyond that is left behind; whoever sent the signal is about to kill us.
    setTimeout(() => {
      if (!hasEnded) log.error({ forceTime }, 'worker ended by force; Temporal gives its requests to another worker');
      process.exit(hasEnded ? exitCodes.ok : exitCodes.failed);
    }, milliseconds(forceTime)).unref();
    worker.stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
}

if (isMain(import.meta.url)) void runWorker().catch(exitWith);
