import { Worker } from '@temporalio/worker';
import { temporalActivities } from '../../src/activities/index.js';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { eventually } from './eventually.js';
import { bundle, onStage, type Stage } from './journeys.js';
import { ownNamespace, type TestServer } from './temporal-server.js';
import { makeJourneyWorkers } from './workers.js';

/** Breaks an attempt of an activity: throws before it runs, or after. */
export type Defect = (input: Readonly<Record<string, unknown>>, run: () => Promise<unknown>) => Promise<unknown>;

/** By activity name; tests change it while the worker runs. */
export type Defects = Map<string, Defect>;

/**
 * A stage whose journeys' worker has defects. Everything else is as in production: the workflows, the activities without
 * a defect, the server's retries. The stages of a process share the worker, in a namespace of its own.
 */
export function withDefects(test: (stage: Stage, defects: Defects) => Promise<void>): () => Promise<void> {
  return async () => {
    const defects: Defects = new Map();
    current = defects;
    shared ??= brokenNamespace();
    await onStage({ server: await shared }, (stage) => test(stage, defects))();
  };
}

/** The defects of the test that runs. */
let current: Defects = new Map();
let shared: Promise<TestServer> | undefined;

async function brokenNamespace(): Promise<TestServer> {
  const server = await ownNamespace();
  makeJourneyWorkers(server.namespace, () => brokenWorker(server, () => current));
  return server;
}

/** Replaces the journeys' worker of a stage by one with defects. */
export async function onBrokenWorker(stage: Stage, use: (defects: Defects) => Promise<void>): Promise<void> {
  await stage.worker.pauseJourneys();
  const defects: Defects = new Map();
  const worker = await brokenWorker(stage.server, () => defects);
  await worker.runUntil(use(defects));
}

async function brokenWorker(server: TestServer, defects: () => Defects): Promise<Worker> {
  const { nativeConnection: connection, namespace } = server;
  return Worker.create({
    connection,
    namespace,
    dataConverter: dataConverter(),
    taskQueue: workflowTaskQueue,
    workflowBundle: await bundle(),
    activities: temporalActivities,
    interceptors: {
      activity: [
        ({ info }) => ({
          inbound: {
            execute(input, next) {
              const defect = defects().get(info.activityType);
              return defect ? defect(Object(input.args[0]), () => next(input)) : next(input);
            },
          },
        }),
      ],
    },
  });
}

/** A bug, whose message quotes personal data. */
export const bug: Defect = async () => {
  throw new TypeError('cannot read a@b.example');
};

/** Until an activity of a customer has been attempted so many times, as Temporal reports it. */
export async function attempted(stage: Stage, billingCustomerId: string, times: number): Promise<void> {
  await eventually(async () => {
    const { raw } = await stage.customers.handle(billingCustomerId).describe();
    return (raw.pendingActivities ?? []).some(({ attempt }) => Number(attempt) >= times);
  });
}
