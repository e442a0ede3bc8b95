import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import ms from 'ms';
import { isAlive } from './cache.js';

/** No download takes this long: a lock of this age was left behind when the machine went down. */
const longestHold = ms('30 minutes');

/**
 * Runs `work` while no other process on this machine holds the lock.
 *
 * @param lock path of a file that exists while the lock is held
 * @param onWait called once if another process holds the lock
 */
export async function withLock<T>(lock: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  let isWaiting = false;
  while (!(await takeLock(lock))) {
    if (!isWaiting) onWait();
    isWaiting = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    // In a read-only folder the lock can never be created.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    return false;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = [Number(await readFile(lock, 'utf8')), await stat(lock)];
    if (Date.now() - mtimeMs > longestHold) return true;
    // A lock that was just created is still empty, so its owner is unknown.
    return owner > 0 && !isAlive(owner);
  } catch {
    return false;
  }
}
