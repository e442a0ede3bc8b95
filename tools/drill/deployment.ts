import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findServerBinary } from '../temporal-server/binary.js';
import type { Stack } from './stack.js';

const run = promisify(execFile);
const deploymentName = 'customer-journey';
const commandTimeoutMs = 8_000;

/** The build ids of the two deployment versions. */
export const firstBuild = '1';
export const secondBuild = '2';

/** Makes a version current. Its workers must have polled. */
export function setCurrent(stack: Stack, buildId: string): Promise<void> {
  return command(stack, 'set-current-version', '--build-id', buildId);
}

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
    [0.25, 'ramped', () => ramp(stack, 50)],
    [0.4, 'current', () => setCurrent(stack, secondBuild)],
    [0.55, 'rolled back', () => setCurrent(stack, firstBuild)],
    [0.7, 'current again', () => setCurrent(stack, secondBuild)],
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

async function ramp(stack: Stack, percentage: number): Promise<void> {
  await command(stack, 'set-ramping-version', '--build-id', secondBuild, '--percentage', String(percentage));
}

async function replace(stack: Stack, worker: 'worker 1' | 'worker 2'): Promise<void> {
  stack.builds.set(worker, secondBuild);
  await stack.kill(worker);
  await stack.start(worker);
}

/** Repeats a command until the server accepts it: the server may be down, or may not know the version's workers yet. */
async function command(stack: Stack, name: string, ...options: string[]): Promise<void> {
  const binary = await findServerBinary({ download: false });
  const target = ['--address', stack.address, '--deployment-name', deploymentName, '--yes'];
  for (;;) {
    try {
      await run(binary, ['worker', 'deployment', name, ...options, ...target], { timeout: commandTimeoutMs });
      return;
    } catch (error) {
      if (!/not found|missing|no pollers|unavailable|refused|deadline|reset|SIGTERM|conflict/i.test(describe(error)))
        throw error;
      await sleep(300);
    }
  }
}

/** A command that timed out was ended with a signal. */
function describe(error: unknown): string {
  return `${error} ${(error as { signal?: string }).signal ?? ''}`;
}
