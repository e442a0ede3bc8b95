import { type NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import type { WorkerConfig } from '../../../src/runtime/config.js';
import { connectWorker } from '../../../src/temporal/connect-worker.js';
import { dataConverter } from '../../../src/temporal/data-converter.js';
import { defaultTuning, type RunningWorker, startWorker, type WorkerTuning } from '../../../src/worker.js';
import { floorActivities } from '../floor/activities.js';
import { floorRequestQueue, floorTaskQueue } from '../floor/names.js';
import { readyForBench } from '../harness/process.js';

/**
 * The settings of the benchmark's worker process. Some of them are not available in `customer-journey worker`. `npm run
 * bench` compiles this module, because loading TypeScript at run time would add to every figure.
 */
export interface WorkerSettings {
  readonly address: string;
  readonly config: WorkerConfig;
  readonly tuning: WorkerTuning;
  /** The path of the workflow bundle. */
  readonly bundle: string;
  /** Runs the floor instead of journeys. */
  readonly floor?: { readonly bareUrl: string };
}

const settings: WorkerSettings = JSON.parse(process.env.BENCH_WORKER ?? '{}');
const connection = await connectWorker({ address: settings.address, env: {} });
const worker = settings.floor ? await startFloor(connection, settings.floor.bareUrl) : await startJourneys(connection);
process.once('SIGTERM', () => worker.stop());
readyForBench();
await worker.ended;
await connection.close();
process.exit();

function startJourneys(connection: NativeConnection): Promise<RunningWorker> {
  const { config, bundle, tuning } = settings;
  const log = pino({ level: config.logLevel });
  return startWorker({ connection, namespace: 'default', config, log, bundle: { codePath: bundle }, tuning });
}

/** Starts the same two workers with the same settings, for the floor workflow. */
async function startFloor(connection: NativeConnection, bareUrl: string): Promise<RunningWorker> {
  const { config, bundle, tuning = defaultTuning } = settings;
  const common = { connection, namespace: 'default', dataConverter: dataConverter() };
  const workers = await Promise.all([
    Worker.create({ ...common, ...tuning.journeys, taskQueue: floorTaskQueue, workflowBundle: { codePath: bundle } }),
    Worker.create({
      ...common,
      ...tuning.requests,
      taskQueue: floorRequestQueue,
      activities: floorActivities(bareUrl),
      maxTaskQueueActivitiesPerSecond: config.requestsPerSecond,
      maxConcurrentActivityTaskExecutions: config.parallelRequests,
    }),
  ]);
  const ended = Promise.all(workers.map((worker) => worker.run())).then(() => undefined);
  return {
    ended,
    stop() {
      for (const worker of workers) worker.shutdown();
    },
  };
}
