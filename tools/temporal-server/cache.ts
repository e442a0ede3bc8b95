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

/** The binary that an earlier start downloaded. It is verified before it gets this name, so it is always whole. */
export async function cachedBinary(env: NodeJS.ProcessEnv, release: Release): Promise<BinaryFound> {
  const path = cachePath(env, release);
  return (await isProgram(path)) ? { path } : missing(`the cache has no ${path}`);
}

/** The name has the platform in it: a home folder may be shared by different machines. */
export function cachePath(env: NodeJS.ProcessEnv, { version }: Release): string {
  return join(cacheFolder(env), 'temporal-cli', `${version}-${platform}`, 'temporal');
}

/** A folder outside of the checkout, so that one download serves every checkout: `~/.cache/customer-journey`. */
function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'customer-journey');
}

/** Whether a file exists and may be run. */
export async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a process with this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
