import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Scenario } from '../context.js';
import { planLeads, recordsAndJourneys, tellAll } from '../leads.js';
import { Product } from '../product.js';

const downMs = 1_000;
const betweenMs = 3_000;
/** In which the leads' reports arrive. */
const trafficMs = 90_000;

export const kills: Scenario = {
  name: 'kills',
  about: 'SIGKILL of each kind of process while leads are reported through the gateway',
  async run(context) {
    const product = await Product.in(context, 'kills');
    try {
      await Promise.all([product.startWorker(1), product.startWorker(2), product.startGateway()]);
      const leads = planLeads(context.leads);
      const unaskedBefore = context.processes.unaskedExits.length;
      const [killed] = await Promise.all([
        killEach(context, victimsOf(product)),
        tellAll(product.client(), context.sandbox, leads, trafficMs),
      ]);
      context.onProgress(`${killed.length} processes were killed; waiting for the records`);
      const unasked = context.processes.unaskedExits.slice(unaskedBefore);
      return [
        {
          what: 'processes killed and started again',
          expected: `${victimsOf(product).length}`,
          seen: `${killed.length}: ${killed.join(', ')}`,
          isOk: killed.length === victimsOf(product).length,
        },
        {
          what: 'processes that exited by themselves',
          expected: 'none',
          seen: unasked.join(', ') || 'none',
          isOk: unasked.length === 0,
        },
        ...(await recordsAndJourneys(product, context.sandbox, leads)),
      ];
    } finally {
      await product.stop();
    }
  },
};

/** Each kind of process, and both of a pair. */
function victimsOf(product: Product): readonly string[] {
  const ours = ['worker-1', 'gateway', 'worker-2'].map((name) => product.nameOf(name));
  const [worker = '', gateway = '', otherWorker = ''] = ours;
  const histories = ['history-a', 'matching-b', 'worker-a', worker, gateway, 'postgres', 'frontend-a'];
  return [...histories, 'history-b', 'matching-a', otherWorker, 'frontend-b'];
}

async function killEach({ processes, onProgress }: Context, victims: readonly string[]): Promise<string[]> {
  const killed: string[] = [];
  for (const victim of victims) {
    await sleep(betweenMs);
    onProgress(`killing ${victim}`);
    await processes.kill(victim);
    await sleep(downMs);
    await processes.restart(victim);
    killed.push(victim);
  }
  return killed;
}
