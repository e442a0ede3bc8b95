import { setTimeout as sleep } from 'node:timers/promises';
import { cpuDuring } from '../harness/usage.js';
import type { journeyFlow } from './flows.js';
import type { BenchStack } from './stack.js';

const concurrency = 40;
const idleTimeoutMs = 30_000;

/** Starts journeys and waits until their leads are created. They then wait for a trial or a payment. */
export async function park(
  { requestEvents }: BenchStack,
  flow: ReturnType<typeof journeyFlow>,
  leadIds: readonly string[],
) {
  const queue = leadIds.toReversed();
  const runQueue = async () => {
    for (let leadId = queue.pop(); leadId !== undefined; leadId = queue.pop()) {
      await flow.lead(leadId);
      await requestEvents.waitFor(leadId, 'created');
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runQueue));
}

/** Waits, for 30 s at most, until both processes use less than 100 ms of CPU time in half a second, twice in a row. */
export async function waitUntilIdle(pids: { readonly worker: number; readonly server: number }): Promise<void> {
  const deadline = Date.now() + idleTimeoutMs;
  for (let idle = 0; idle < 2 && Date.now() < deadline; ) {
    const { worker, server } = await cpuDuring(pids, () => sleep(500));
    idle = worker + server < 100 ? idle + 1 : 0;
  }
}

/**
 * Reports the trials of parked journeys, one at a time.
 *
 * @returns for each, the milliseconds from the report to the request to ChartMogul
 */
export async function wake(
  { requestEvents }: BenchStack,
  flow: ReturnType<typeof journeyFlow>,
  leadIds: readonly string[],
): Promise<number[]> {
  const times: number[] = [];
  for (const leadId of leadIds) {
    const began = performance.now();
    const lookup = requestEvents.waitFor(leadId, 'lookup');
    await flow.trial(leadId);
    times.push((await lookup) - began);
    await requestEvents.waitFor(leadId, 'updated');
  }
  return times;
}
