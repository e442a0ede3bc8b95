import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient } from '../../../src/temporal/connect.js';
import { isHarmless, readHistories } from '../../drill/histories.js';
import { describeFailure } from '../../drill/verdict.js';
import type { Context, Scenario } from '../context.js';
import { planLeads, recordsAndJourneys, tellAll } from '../leads.js';
import { Product } from '../product.js';
import { eventually } from '../waiting.js';

const leadCount = 60;
const trafficMs = 50_000;
const stepMs = 7_000;
const [oldBuild, newBuild] = ['2026-11-27-old', '2026-11-28-new'];

export const upgrade: Scenario = {
  name: 'upgrade',
  about: 'rolling upgrade of the workers: ramp, current, roll back, current, with traffic',
  async run(context) {
    const product = await Product.in(context, 'upgrade');
    try {
      const startWorkers = (numbers: readonly number[], build: string) =>
        Promise.all(numbers.map((number) => product.startWorker(number, { WORKER_BUILD_ID: build })));
      await Promise.all([startWorkers([1, 2], oldBuild), product.startGateway()]);
      await deployment(context, product, 'set-current-version', '--build-id', oldBuild);

      const leads = planLeads(leadCount);
      const telling = tellAll(product.client(), context.sandbox, leads, trafficMs);
      await startWorkers([3, 4], newBuild);
      const ramp = ['--build-id', newBuild, '--percentage', '50'];
      const steps = [
        ['set-ramping-version', ...ramp],
        ['set-current-version', '--build-id', newBuild],
        ['set-current-version', '--build-id', oldBuild],
        ['set-current-version', '--build-id', newBuild],
      ];
      for (const step of steps) {
        context.onProgress(`temporal worker deployment ${step.join(' ')}`);
        await deployment(context, product, ...step);
        await sleep(stepMs);
      }
      await Promise.all([product.stopProcess('worker-1'), product.stopProcess('worker-2')]);
      await telling;
      return [...(await recordsAndJourneys(product, context.sandbox, leads)), ...(await historyRows(product))];
    } finally {
      await product.stop();
    }
  },
};

/** Repeats the command until the server knows the version's workers. */
async function deployment({ cluster }: Context, { namespace }: Product, ...command: string[]) {
  const args = ['worker', 'deployment', ...command, '--deployment-name', 'customer-journey', '--yes'];
  await eventually(() => cluster.temporal(args, { namespace }), '2 minutes');
}

async function historyRows(product: Product) {
  const { TEMPORAL_ADDRESS: address = '', namespace } = { ...product.env(), namespace: product.namespace };
  const client = await connectClient({ env: {}, address, namespace });
  const { tasksByBuild, taskFailures } = await readHistories(client).finally(() => client.connection.close());
  const failures = taskFailures.filter((failure) => !isHarmless(failure)).map(describeFailure);
  return [
    {
      what: 'workflow tasks of the old and the new version',
      expected: 'some of both',
      seen: `${tasksByBuild[oldBuild] ?? 0} and ${tasksByBuild[newBuild] ?? 0}`,
      isOk: Boolean(tasksByBuild[oldBuild] && tasksByBuild[newBuild]),
    },
    {
      what: 'failed workflow tasks',
      expected: 'none',
      seen: failures.join('; ') || 'none',
      isOk: failures.length === 0,
    },
  ];
}
