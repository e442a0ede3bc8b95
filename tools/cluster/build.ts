import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder, isProgram } from '../temporal-server/cache.js';
import { withLock } from '../temporal-server/lock.js';

const moduleFolder = fileURLToPath(new URL('.', import.meta.url));

/** Paths of the programs of Temporal's server, with the PostgreSQL plugin. */
export interface ServerPrograms {
  readonly version: string;
  readonly server: string;
  readonly sqlTool: string;
}

/** Temporal's server could not be built. The message says what to do. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/**
 * Builds the server of the `go.mod` beside this file, once per machine and version. Takes 5 to 15 minutes, with low
 * priority.
 *
 * @throws BuildError
 */
export async function buildServer(onProgress: (line: string) => void): Promise<ServerPrograms> {
  const version = await pinnedVersion();
  const folder = join(cacheFolder(process.env), 'temporal-cluster', `${version}-${process.platform}-${process.arch}`);
  const source = join(folder, 'src');
  await mkdir(source, { recursive: true });
  const programs = {
    version,
    server: join(folder, 'temporal-server'),
    sqlTool: join(folder, 'temporal-sql-tool'),
  };
  await withLock(
    join(folder, 'build.lock'),
    () => onProgress('another process builds the Temporal server; waiting for it'),
    async () => {
      for (const file of ['go.mod', 'go.sum']) await copyFile(join(moduleFolder, file), join(source, file));
      for (const [path, name] of [
        [programs.server, 'go.temporal.io/server/cmd/server'],
        [programs.sqlTool, 'go.temporal.io/server/cmd/tools/sql'],
      ] as const) {
        if (await isProgram(path)) continue;
        onProgress(`building ${name} ${version}, once for this machine: 5 to 15 minutes`);
        await goBuild(source, name, path);
      }
    },
  );
  return programs;
}

/** The version of the server in `go.mod`, for example `1.32.0`. */
async function pinnedVersion(): Promise<string> {
  const text = await readFile(join(moduleFolder, 'go.mod'), 'utf8');
  const version = /go\.temporal\.io\/server v(?<version>[\d.]+)/.exec(text)?.groups?.version;
  if (version === undefined) throw new BuildError('tools/cluster/go.mod does not require go.temporal.io/server');
  return version;
}

/** The program gets its name when it is complete, so that an interrupted build leaves none. */
async function goBuild(source: string, name: string, path: string): Promise<void> {
  await promisify(execFile)('go', ['version']).catch((error: unknown) => {
    throw new BuildError('Go is missing. Install Go 1.26 or newer (https://go.dev/dl) and put `go` on the PATH.', {
      cause: error,
    });
  });
  const part = `${path}.part`;
  const child = spawn('nice', ['-n', '15', 'go', 'build', '-o', part, name], {
    cwd: source,
    env: { ...process.env, GOFLAGS: '-buildvcs=false -mod=mod' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new BuildError(`go build ${name} failed; its output is above.`);
  await rename(part, path);
}
