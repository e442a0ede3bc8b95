import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BinaryFound, cacheFolder, isAlive, isProgram } from './cache.js';
import type { OnProgress } from './progress.js';

/** The Go module, found alike from `src/temporal` and from the compiled `lib/temporal`. */
const sourceFolder = fileURLToPath(new URL('./go', import.meta.url));
const sourceFiles = ['go.mod', 'go.sum', 'main.go'];
const buildArguments = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'];

/** No build takes this long: a lock of that age was left behind by a machine that went down. */
const longestBuildMs = 30 * 60_000;

/**
 * Where the build of the present source belongs. The name changes with whatever changes the program: source, modules
 * (the version of Go is a line of go.mod), build flags, platform.
 */
export async function buildPath(env: NodeJS.ProcessEnv, source = sourceFolder): Promise<string> {
  const hash = createHash('sha256');
  for (const file of sourceFiles) hash.update(await readFile(join(source, file))).update('\0');
  hash.update(buildArguments.join(' '));
  const key = `${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`;
  return join(cacheFolder(env), 'temporal-server', key, 'temporal-server');
}

/** The binary that {@link buildServer} left behind, if it was built from the source as it is now. */
export async function cachedBuild(env: NodeJS.ProcessEnv): Promise<BinaryFound> {
  const path = await buildPath(env);
  return (await isProgram(path)) ? { path } : { reason: 'no build of temporal-server/ is in the cache' };
}

/** Builds `temporal-server/` with Go into the cache, or waits for the process that is doing so already. */
export async function buildServer(env: NodeJS.ProcessEnv, onProgress: OnProgress): Promise<BinaryFound> {
  if (!(await hasGo(env))) return { reason: 'Go, which could build temporal-server/, is not on the PATH' };

  const path = await buildPath(env);
  await mkdir(dirname(path), { recursive: true });
  return await withLock(`${path}.lock`, onProgress, async () => {
    // Whoever held the lock before us may have built it.
    if (await isProgram(path)) return { path };
    return await build(path, env, onProgress);
  });
}

async function build(path: string, env: NodeJS.ProcessEnv, onProgress: OnProgress): Promise<BinaryFound> {
  const unfinished = `${path}.${process.pid}`;
  const since = Date.now();
  onProgress('Building the Temporal server with Go, once for this machine (some minutes) …');
  try {
    await promisify(execFile)('go', [...buildArguments, '-o', unfinished, '.'], {
      cwd: sourceFolder,
      // Pure Go, so no C compiler is needed; a go.work around a checkout must not take part.
      env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' },
      maxBuffer: 64 * 1024 * 1024,
    });
    // Renamed in one step: a binary in the cache is always whole.
    await rename(unfinished, path);
    onProgress(`Built the Temporal server in ${Math.round((Date.now() - since) / 1000)} s.`);
    return { path };
  } catch (error) {
    await rm(unfinished, { force: true });
    onProgress('The Temporal server could not be built.');
    return { reason: `\`go build\` in temporal-server/ failed: ${lastLines(error)}` };
  }
}

/** Two test runs that start at once on a fresh machine would otherwise both build, at half the speed. */
async function withLock<T>(lock: string, onProgress: OnProgress, work: () => Promise<T>): Promise<T> {
  let isAnnounced = false;
  while (!(await takeLock(lock))) {
    if (!isAnnounced) onProgress('Another process is building the Temporal server; waiting for it …');
    isAnnounced = true;
    await sleep(500);
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
  } catch {
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    return false;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = [Number(await readFile(lock, 'utf8')), await stat(lock)];
    if (Date.now() - mtimeMs > longestBuildMs) return true;
    // Between the creation of a lock and its first byte there is no owner to ask.
    return owner > 0 && !isAlive(owner);
  } catch {
    return false;
  }
}

/** Asked away from the module: inside it an older Go would first fetch the version that go.mod wants. */
async function hasGo(env: NodeJS.ProcessEnv): Promise<boolean> {
  return await promisify(execFile)('go', ['version'], { env, cwd: tmpdir() }).then(
    () => true,
    () => false,
  );
}

function lastLines(error: unknown): string {
  return String(error).trim().split('\n').slice(-5).join('\n    ');
}
