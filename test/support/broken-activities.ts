import { Worker } from '@temporalio/worker';
import { temporalActivities } from '../../src/activities/index.js';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { eventually } from './eventually.js';
import { bundle, onStage, type Stage } from './journeys.js';

/** Breaks an attempt of an activity: throws before it runs, or after. */
export type Defect = (input: Readonly<Record<string, unknown>>, run: () => Promise<unknown>) => Promise<unknown>;

/** By activity name; tests change it while the worker runs. */
export type Defects = Map<string, Defect>;

/**
 * A stage in a namespace of its own, whose journeys' worker has defects. Everything else is as in production: the
 * workflows, the activities without a defect, the server's retries.
 */
export function withDefects(test: (stage: Stage, defects: Defects) => Promise<void>): () => Promise<void> {
  return onStage({ namespace: 'own' }, (stage) => onBrokenWorker(stage, (defects) => test(stage, defects)));
}

/** Replaces the journeys' worker of a stage by one with defects. */
export async function onBrokenWorker(stage: Stage, use: (defects: Defects) => Promise<void>): Promise<void> {
  await stage.worker.pauseJourneys();
  const defects: Defects = new Map();
  const { nativeConnection: connection, namespace } = stage.server;
  const worker = await Worker.create({
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
              const defect = defects.get(info.activityType);
              return defect ? defect(Object(input.args[0]), () => next(input)) : next(input);
            },
          },
        }),
      ],
    },
  });
  await worker.runUntil(use(defects));
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
