import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { platform, type Release } from './release.js';

/** The result of one source of a server binary: a path, or the reasons why there is none. */
export type BinaryFound = { path: string } | { reasons: readonly string[] };

/** A source has no binary. */
export function missing(reason: string): BinaryFound {
  return { reasons: [reason] };
}

/** The binary from an earlier download. It is verified before it gets this name, so it is always complete. */
export async function cachedBinary(env: NodeJS.ProcessEnv, release: Release): Promise<BinaryFound> {
  const path = cachePath(env, release);
  return (await isProgram(path)) ? { path } : missing(`the cache has no ${path}`);
}

/** The path includes the platform, because different machines may share a home folder. */
export function cachePath(env: NodeJS.ProcessEnv, { version }: Release): string {
  return join(cacheFolder(env), 'temporal-cli', `${version}-${platform}`, 'temporal');
}

/** A folder outside the checkout, so that all checkouts share one download: `~/.cache/customer-journey`. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'customer-journey');
}

/** Whether a file exists and is executable. */
export async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a process with this id runs, under any user. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
