import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWorkflowBundle } from '../../src/temporal/workflow-bundle.js';
import { type EmbeddedServer, startServer } from '../../tools/temporal-server/server.js';

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

/** What is made once a run, by the process that started the run: the addresses of servers as JSON, the path of the bundle. */
type Shared = ServerKind | 'bundle';

const urlVariable = 'TEST_RUN_URL';
let giver: Server | undefined;
let folder: string | undefined;
const servers: Promise<EmbeddedServer>[] = [];

/** Asks the process that started the run, which makes the thing for the first who asks. */
export async function shared(what: Shared): Promise<string> {
  const url = process.env[urlVariable];
  if (url === undefined) throw new Error('Tests need test/support/hooks.ts under "require" in .mocharc.json.');
  const answer = await fetch(`${url}/${what}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Mocha forks its parallel processes after this, so they find the way back by their environment. */
export async function startSharing(): Promise<void> {
  const made = new Map<string, Promise<string>>();
  giver = createServer((request, response) => {
    const what = (request.url ?? '').slice(1) as Shared; // asked by `shared` only
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
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}

async function make(what: Shared): Promise<string> {
  if (what === 'bundle') return makeBundle();
  const starting = startServer({
    port: 0,
    ui: false,
    timeSkipping: true,
    download: false,
    dynamicConfig: { ...quickNamespaces, ...dynamicConfigOf[what] },
  });
  servers.push(starting);
  const { address, metricsUrl } = await starting;
  return JSON.stringify({ address, metricsUrl });
}

/** Each test process registers a namespace and uses it at once. */
const quickNamespaces = { 'system.namespaceCacheRefreshInterval': '200ms' };

async function makeBundle(): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'journey-tests-'));
  const path = join(folder, 'workflow-bundle.js');
  await writeFile(path, (await makeWorkflowBundle()).code);
  return path;
}
