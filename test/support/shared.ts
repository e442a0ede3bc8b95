import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeCommonJsTypes } from '../../tools/scripts/commonjs-types.js';
import type { EmbeddedServer } from '../../tools/temporal-server/server.js';

/**
 * `short-histories` suggests to continue as new after a few events, so that a test need not send thousands of signals.
 * `late-index` updates its visibility index once a second, as a busy cluster does.
 */
export type ServerKind = 'usual' | 'short-histories' | 'late-index';

const dynamicConfigOf = {
  usual: {},
  'short-histories': { 'limit.historyCount.suggestContinueAsNew': 60 },
  'late-index': { 'history.visibilityProcessorMaxPollRPS': 1 },
} as const;

/** A resource that the main process creates once: a server's addresses as JSON, or the path of a bundle or build. */
type Shared = ServerKind | 'bundle' | 'build';

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const urlVariable = 'TEST_RUN_URL';
let giver: Server | undefined;
const folders: string[] = [];
const servers: Promise<EmbeddedServer>[] = [];

/** Whether this process belongs to a Mocha run. */
export function isRunOfTests(): boolean {
  return process.env[urlVariable] !== undefined;
}

/** Requests a resource from the main process, which creates it on the first request. */
export async function shared(what: Shared): Promise<string> {
  const url = process.env[urlVariable];
  if (url === undefined) throw new Error('Tests need test/support/hooks.ts under "require" in .mocharc.cjs.');
  const answer = await fetch(`${url}/${what}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Mocha forks its parallel processes after this, so they inherit the URL in their environment. */
export async function startSharing(): Promise<void> {
  const made = new Map<string, Promise<string>>();
  giver = createServer((request, response) => {
    // A kept-alive connection may close at the moment of its next use.
    response.setHeader('connection', 'close');
    const what = (request.url ?? '').slice(1) as Shared; // only `shared` sends requests
    const making = made.get(what) ?? make(what);
    made.set(what, making);
    making.then(
      (text) => response.end(text),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  giver.listen(0, '127.0.0.1');
  await once(giver, 'listening');
  process.env[urlVariable] = `http://127.0.0.1:${(giver.address() as AddressInfo).port}`; // it listens on a port
}

export async function stopSharing(): Promise<void> {
  giver?.close();
  giver?.closeAllConnections();
  for (const starting of servers) {
    const server = await starting.catch(() => undefined);
    await server?.stop();
  }
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

async function make(what: Shared): Promise<string> {
  if (what === 'bundle') return makeBundle();
  if (what === 'build') return makeBuild();
  const starting = startTestServer(what);
  servers.push(starting);
  const { address, metricsUrl } = await starting;
  return JSON.stringify({ address, metricsUrl });
}

async function startTestServer(kind: ServerKind): Promise<EmbeddedServer> {
  // Loaded here because the processes with the tests start only after this module was loaded.
  const { startServer } = await import('../../tools/temporal-server/server.js');
  return startServer({
    port: 0,
    ui: false,
    timeSkipping: true,
    download: false,
    dynamicConfig: { ...forTests, ...dynamicConfigOf[kind] },
  });
}

const forTests = {
  // Each test process registers a namespace and uses it at once.
  'system.namespaceCacheRefreshInterval': '200ms',
  // A closed workflow is deleted once the server has saved that its tasks are done, by default every 30 s.
  'history.transferProcessorUpdateAckInterval': '200ms',
  'history.visibilityProcessorUpdateAckInterval': '200ms',
  // The Temporal CLI reads the cluster's search attributes from the database at every use, a quarter of all its reads.
  // Only its own attributes are there; ours belong to a namespace.
  'system.forceSearchAttributesCacheRefreshOnRead': false,
};

async function makeBundle(): Promise<string> {
  const folder = await newFolder();
  const path = join(folder, 'workflow-bundle.js');
  const { makeWorkflowBundle } = await import('../../src/temporal/workflow-bundle.js');
  await writeFile(path, (await makeWorkflowBundle()).code);
  return path;
}

/** The result of `npm run build`, in a separate folder because the project's `lib/` may be in use. */
async function makeBuild(): Promise<string> {
  const folder = await newFolder();
  await copyFile(join(projectFolder, 'package.json'), join(folder, 'package.json'));
  await symlink(join(projectFolder, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const compiler = join(projectFolder, 'node_modules/.bin/tsc');
  await run(compiler, ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'lib')], { cwd: projectFolder });
  await run(process.execPath, ['lib/temporal/build-workflow-bundle.js'], { cwd: folder });
  await writeCommonJsTypes(join(folder, 'lib'));
  return folder;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'journey-tests-'));
  folders.push(folder);
  return folder;
}
