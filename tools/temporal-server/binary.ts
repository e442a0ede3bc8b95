import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildServer, cachedBuild } from './build.js';
import { type BinaryFound, isProgram } from './cache.js';
import { downloadServer } from './download.js';
import { type OnProgress, progressPrinter } from './progress.js';

/** Server 1.32, the first that can skip time for one workflow, came with this release of the Temporal CLI. */
const oldestUsableCli = [1, 9] as const;

/** No binary of the Temporal server could be had. The message names what was tried and every way to get one. */
export class ServerBinaryError extends Error {
  override readonly name = 'ServerBinaryError';
}

export interface FindServerBinaryOptions {
  /** Where `TEMPORAL_CLI`, `PATH` and the cache folders are read from. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Told about downloads and builds. Default: printed on stderr. */
  onProgress?: OnProgress;
  /** Whether the server may be built, which takes minutes. Default: true. */
  build?: boolean;
}

/**
 * Finds a program that understands `server start-dev`, and makes one if there is none.
 *
 * The first of: the path in `TEMPORAL_CLI`; `temporal` on the `PATH` if it is 1.9 or newer; an earlier build of
 * `temporal-server/` in the cache; the Temporal CLI as the SDK downloads it; a build of `temporal-server/` with Go,
 * which takes some minutes, once a machine.
 *
 * @returns a path, or a name to be looked up on the `PATH`
 * @throws ServerBinaryError if none of these works
 */
export async function findServerBinary(options: FindServerBinaryOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? progressPrinter();

  if (env.TEMPORAL_CLI) return await givenBinary(env.TEMPORAL_CLI);

  const tried: string[] = [];
  const sources = [
    () => binaryOnPath(env),
    () => cachedBuild(env),
    () => downloadServer(env, onProgress),
    () => (options.build === false ? notBuilt : buildServer(env, onProgress)),
  ];
  for (const source of sources) {
    const found = await source();
    if ('path' in found) return found.path;
    tried.push(found.reason);
  }
  throw new ServerBinaryError(
    [
      'There is no Temporal server to start:',
      ...tried.map((reason) => `  - ${reason}`),
      'Any one of these helps:',
      ...(options.build === false ? ['  - `npm run temporal-server`: builds it with Go, once for this machine'] : []),
      '  - install the Temporal CLI 1.9 or newer, `curl -sSf https://temporal.download/cli.sh | sh`, and have it on the PATH',
      '  - name the path of a Temporal CLI in TEMPORAL_CLI',
      '  - install Go 1.26 or newer (https://go.dev/dl): the server is then built, once, by the next start',
      '  - set TEMPORAL_ADDRESS to use a Temporal server that is running already',
    ].join('\n'),
  );
}

const notBuilt: BinaryFound = { reason: 'temporal-server/ is not built by the way, since that takes minutes' };

async function givenBinary(path: string): Promise<string> {
  if (await isProgram(path)) return path;
  throw new ServerBinaryError(`TEMPORAL_CLI is ${path}, which is not a program that can be run.`);
}

async function binaryOnPath(env: NodeJS.ProcessEnv): Promise<BinaryFound> {
  try {
    const { stdout } = await promisify(execFile)('temporal', ['--version'], { env, timeout: 10_000 });
    const version = /version v?(\d+)\.(\d+)/.exec(stdout);
    if (version && isUsable(Number(version[1]), Number(version[2]))) return { path: 'temporal' };
    return { reason: `\`temporal\` on the PATH is too old (${stdout.trim()}); 1.9 or newer is needed` };
  } catch {
    return { reason: '`temporal` is not on the PATH' };
  }
}

function isUsable(major: number, minor: number): boolean {
  const [oldestMajor, oldestMinor] = oldestUsableCli;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
