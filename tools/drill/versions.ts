import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findServerBinary } from '../temporal-server/binary.js';

const run = promisify(execFile);
const deploymentName = 'customer-journey';
const commandTimeoutMs = 8_000;
/** Only a fault of the drill itself lasts longer. */
const repeatedForMs = 3 * 60_000;

/** The build ids of the two deployment versions. */
export const firstBuild = '1';
export const secondBuild = '2';

/** Makes a version current. Its workers must have polled. @param address the server's address */
export function setCurrent(address: string, buildId: string): Promise<void> {
  return command(address, 'set-current-version', '--build-id', buildId);
}

/** Gives a version a share of the journeys, in percent. */
export async function ramp(address: string, percentage: number): Promise<void> {
  await command(address, 'set-ramping-version', '--build-id', secondBuild, '--percentage', String(percentage));
}

/**
 * Repeats a command until the server accepts it: the server is killed from time to time, and may not know the version's
 * workers yet. The texts of such failures are many, so any failure is repeated.
 */
async function command(address: string, name: string, ...options: string[]): Promise<void> {
  const binary = await findServerBinary({ download: false });
  const target = ['--address', address, '--deployment-name', deploymentName, '--yes'];
  const until = Date.now() + repeatedForMs;
  for (;;) {
    try {
      await run(binary, ['worker', 'deployment', name, ...options, ...target], { timeout: commandTimeoutMs });
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(300);
    }
  }
}
