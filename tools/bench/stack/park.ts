import { setTimeout as sleep } from 'node:timers/promises';
import { cpuDuring } from '../harness/usage.js';
import type { BenchStack } from './stack.js';
import type { journeyWay } from './ways.js';

const atOnce = 40;
const longestUnrestMs = 30_000;

/** Starts journeys that then wait for a trial or a payment, as most journeys do for most of their time. */
export async function park({ answers }: BenchStack, way: ReturnType<typeof journeyWay>, leadIds: readonly string[]) {
  const left = leadIds.toReversed();
  const goOn = async () => {
    for (let leadId = left.pop(); leadId !== undefined; leadId = left.pop()) {
      await way.lead(leadId);
      await answers.of(leadId, 'created');
    }
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
}

/** Waits until both processes have next to nothing to do. */
export async function untilQuiet(pids: { readonly worker: number; readonly server: number }): Promise<void> {
  const deadline = Date.now() + longestUnrestMs;
  for (let quiet = 0; quiet < 2 && Date.now() < deadline; ) {
    const { worker, server } = await cpuDuring(pids, () => sleep(500));
    quiet = worker + server < 100 ? quiet + 1 : 0;
  }
}

/**
 * Reports the trial of parked journeys, one after the other, and gives the milliseconds from the call until ChartMogul has
 * been asked: the time that a fact needs through Temporal and the worker.
 */
export async function wake(
  { answers }: BenchStack,
  way: ReturnType<typeof journeyWay>,
  leadIds: readonly string[],
): Promise<number[]> {
  const times: number[] = [];
  for (const leadId of leadIds) {
    const began = performance.now();
    const asked = answers.of(leadId, 'lookup');
    await way.trial(leadId);
    times.push((await asked) - began);
    await answers.of(leadId, 'dated');
  }
  return times;
}
