import type { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { unpolledQueues } from '../../src/journeys/workers.js';
import type { WorkerConfig } from '../../src/runtime/config.js';
import { createJourneyWorker, type RunningWorker, startWorker } from '../../src/worker.js';
import { eventually } from './eventually.js';
import { shared } from './shared.js';
import type { TestServer } from './temporal-server.js';

/** A worker of one account. All stages of a process share the workflow worker, because loading the bundle takes long. */
export interface StageWorker extends RunningWorker {
  /** Like `stop`, but keeps the workflow worker for the next stage. */
  release(): void;
  /** Stops the workflow worker. The activity worker continues. */
  pauseJourneys(): Promise<void>;
  resumeJourneys(): Promise<void>;
}

interface JourneyWorker {
  readonly ended: Promise<void>;
  stop(): void;
  isStopping(): boolean;
}

/** By namespace. */
const journeyWorkers = new Map<string, JourneyWorker>();
/** How to make the workflow worker of a namespace, if it is not the usual one. */
const makers = new Map<string, () => Promise<Worker>>();

/** Whenever a stage of the namespace needs a workflow worker, it is made so. */
export function makeJourneyWorkers(namespace: string, make: () => Promise<Worker>): void {
  makers.set(namespace, make);
}

export async function workerOf(config: WorkerConfig, server: TestServer): Promise<StageWorker> {
  const { nativeConnection: connection, namespace } = server;
  const log = pino({ level: config.logLevel });
  const requests = await startWorker({ connection, namespace, config, log, carriesJourneys: false });
  let journeys = await journeyWorkerOf(server);
  // On a busy machine, the first polls take seconds. Commands that need a worker would find none.
  await eventually(async () => (await unpolledQueues(server.client, [config.account])).length === 0);
  let isReleased = false;
  return {
    ended: requests.ended.then(() => (isReleased ? undefined : journeys.ended)),
    stop() {
      requests.stop();
      journeys.stop();
    },
    release() {
      isReleased = true;
      requests.stop();
    },
    async pauseJourneys() {
      journeys.stop();
      await journeys.ended;
    },
    async resumeJourneys() {
      journeys = await journeyWorkerOf(server);
    },
  };
}

/** Stops the workflow workers, so that none runs until the next stage. A file that needs none calls this first. */
export async function stopJourneyWorkers(): Promise<void> {
  const workers = [...journeyWorkers.values()];
  for (const worker of workers) worker.stop();
  await Promise.all(workers.map(({ ended }) => ended));
  journeyWorkers.clear();
}

/** The workflow bundle, created once per run because this takes seconds. */
export async function bundle(): Promise<{ codePath: string }> {
  return { codePath: await shared('bundle') };
}

async function journeyWorkerOf({ nativeConnection: connection, namespace }: TestServer): Promise<JourneyWorker> {
  const running = journeyWorkers.get(namespace);
  if (running && !running.isStopping()) return running;
  await running?.ended; // a process may have only one worker per task queue
  const make = makers.get(namespace);
  const worker = await (make?.() ?? createJourneyWorker({ connection, namespace, bundle: await bundle() }));
  const started: JourneyWorker = {
    ended: worker.run(),
    stop: () => void (worker.getState() === 'RUNNING' && worker.shutdown()),
    isStopping: () => worker.getState() !== 'RUNNING',
  };
  journeyWorkers.set(namespace, started);
  return started;
}
