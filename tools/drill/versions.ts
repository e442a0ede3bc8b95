import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findServerBinary } from '../temporal-server/binary.js';

const run = promisify(execFile);
const deploymentName = 'customer-journey';
const commandTimeoutMs = 8_000;

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

/** Repeats a command until the server accepts it: the server may be down, or may not know the version's workers yet. */
async function command(address: string, name: string, ...options: string[]): Promise<void> {
  const binary = await findServerBinary({ download: false });
  const target = ['--address', address, '--deployment-name', deploymentName, '--yes'];
  for (;;) {
    try {
      await run(binary, ['worker', 'deployment', name, ...options, ...target], { timeout: commandTimeoutMs });
      return;
    } catch (error) {
      const isLate = (error as { killed?: boolean }).killed === true; // by the timeout, whatever signal has ended it
      if (!isLate && !/not found|missing|no pollers|unavailable|refused|deadline|reset|conflict/i.test(String(error)))
        throw error;
      await sleep(300);
    }
  }
}
