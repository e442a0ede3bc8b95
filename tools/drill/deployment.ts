import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack.js';
import { firstBuild, ramp, secondBuild, setCurrent } from './versions.js';

/**
 * Deploys the second version while the first one runs: one worker is replaced, the version ramps, becomes current, is
 * rolled back, becomes current again, and the other worker is replaced. Replaced workers are killed.
 *
 * @returns the steps that were done
 */
export async function deploy(stack: Stack, { until }: { readonly until: number }): Promise<string[]> {
  const begin = Date.now();
  const steps: readonly [share: number, name: string, step: () => Promise<void>][] = [
    [0.15, 'worker 2 replaced', () => replace(stack, 'worker 2')],
    [0.25, 'ramped', () => ramp(stack.address, 50)],
    [0.4, 'current', () => setCurrent(stack.address, secondBuild)],
    [0.55, 'rolled back', () => setCurrent(stack.address, firstBuild)],
    [0.7, 'current again', () => setCurrent(stack.address, secondBuild)],
    [0.8, 'worker 1 replaced', () => replace(stack, 'worker 1')],
  ];
  const done: string[] = [];
  for (const [share, name, step] of steps) {
    await sleep(Math.max(0, begin + share * (until - begin) - Date.now()));
    await step();
    done.push(name);
  }
  return done;
}

async function replace(stack: Stack, worker: 'worker 1' | 'worker 2'): Promise<void> {
  stack.builds.set(worker, secondBuild);
  await stack.kill(worker);
  await stack.start(worker);
}
