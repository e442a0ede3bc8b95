import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import ms from 'ms';
import { ensureSearchAttributes, type SearchAttribute } from '../../src/temporal/search-attributes.js';
import { findServerBinary } from './binary.js';
import { markDatabaseComplete, prepareDatabase, recordDatabaseUse } from './database.js';
import { protoDuration } from './duration.js';
import { type ServerProcess, spawnServer } from './process.js';
import type { OnProgress } from './progress.js';

const host = '127.0.0.1';
const namespace = 'default';
const startsTried = 3;
const startWithinMs = 20_000;
/** The Temporal CLI keeps closed workflows for one day. */
const retention = '90 days';

/** The server's defaults are for many hosts and hundreds of history shards; ours has one host and one shard. */
const singleHostConfig = {
  // By default a shard polls its queue at most 20 times a second. With a few running journeys, every step of every
  // journey would wait 50 ms for the next poll.
  'history.transferProcessorMaxPollRPS': 1000,
  'history.timerProcessorMaxPollRPS': 1000,
  // Partitions spread a task queue over hosts. On one host, tasks and pollers only miss each other, and each of the
  // four partitions has a fixed quarter of the queue's rate (7 % went unused at 15 requests/s).
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/** With a write-ahead log, a commit needs no fsync and still survives a killed server. */
const sqlitePragmas = ['journal_mode=wal', 'synchronous=normal'];

const timeSkippingConfig = {
  'frontend.WorkflowTimeSkippingEnabled': true,
  // The same setting under its name in CLI releases after 1.9.1. A server ignores unknown names.
  'system.workflowTimeSkippingEnabled': true,
  // Reduces the cost of a skipped minute from a second to milliseconds.
  'history.timerProcessorMaxTimeShift': '10ms',
};

export interface StartServerOptions {
  /** SQLite file, created with its folder if missing. Default: all data stays in memory. */
  dbFilename?: string;
  /** Port of the server. If it is in use, another one is chosen. Default: 7233; 0 means any free port. */
  port?: number;
  /** Whether to serve the Web UI. Default: true. */
  ui?: boolean;
  /** Port of the Web UI. If it is in use, another one is chosen. Default: 8233; 0 means any free port. */
  uiPort?: number;
  /** Port of the Prometheus metrics. If it is in use, another one is chosen. Default: any free port. */
  metricsPort?: number;
  /** Registered before the server is returned. */
  searchAttributes?: readonly SearchAttribute[];
  /** Dynamic configuration of the server, such as `{ 'limit.historyCount.suggestContinueAsNew': 50 }`. */
  dynamicConfig?: Record<string, string | number | boolean>;
  /** Allows `skipTime` and `fastForward` of `time.ts`. Default: false. */
  timeSkipping?: boolean;
  /** Called with download progress, if a download is needed. Default: print to stderr. */
  onProgress?: OnProgress;
  /** Whether to download the server if there is none. Default: true. */
  download?: boolean;
  /** The environment for finding the binary and for the server. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
}

export interface EmbeddedServer {
  /** `host:port`, as in TEMPORAL_ADDRESS. */
  readonly address: string;
  readonly namespace: string;
  /** Only if the Web UI is enabled. */
  readonly uiUrl?: string;
  readonly metricsUrl: string;
  readonly pid: number;
  /** Settles when the server process has exited, expected or not. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a real Temporal server on this machine, with the binary from {@link findServerBinary}, and waits until it is
 * ready. It runs until `stop()`, or until this process exits.
 *
 * @throws ServerBinaryError if there is no binary
 * @throws DatabaseInUseError if another server uses the same file
 */
export async function startServer(options: StartServerOptions = {}): Promise<EmbeddedServer> {
  const { env = process.env, download = true, onProgress } = options;
  const binary = await findServerBinary({ env, download, ...(onProgress && { onProgress }) });

  // Another process can take a free port before the server binds it, and a busy machine can exceed the timeout.
  for (let start = 1; ; start += 1) {
    try {
      return await startOnce(binary, options, env);
    } catch (error) {
      if (!(error instanceof ServerStartError) || start === startsTried) throw error;
    }
  }
}

/** The server process exited or timed out before it was ready. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

async function startOnce(binary: string, options: StartServerOptions, env: NodeJS.ProcessEnv): Promise<EmbeddedServer> {
  const { dbFilename, searchAttributes = [] } = options;
  if (dbFilename !== undefined) await prepareDatabase(dbFilename);
  const ports = await choosePorts(options);
  const address = `${host}:${ports.port}`;
  const metricsUrl = `http://${host}:${ports.metricsPort}/metrics`;
  const server = await spawnServer(binary, startArguments(options, ports), env);
  try {
    if (dbFilename !== undefined) await recordDatabaseUse(dbFilename, server.pid, ports.port);
    await prepareWhenReady(server, { address, metricsUrl }, searchAttributes);
    if (dbFilename !== undefined) await markDatabaseComplete(dbFilename);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    address,
    namespace,
    ...(ports.uiPort !== undefined && { uiUrl: `http://${host}:${ports.uiPort}` }),
    metricsUrl,
    pid: server.pid,
    ended: server.ended,
    stop: server.stop,
  };
}

interface Ports {
  port: number;
  uiPort: number | undefined;
  metricsPort: number;
}

function startArguments(options: StartServerOptions, ports: Ports): string[] {
  const dynamicConfig = {
    ...singleHostConfig,
    ...(options.timeSkipping && timeSkippingConfig),
    ...options.dynamicConfig,
  };
  return [
    ...['server', 'start-dev', '--ip', host, '--log-level', 'error'],
    ...['--port', String(ports.port), '--metrics-port', String(ports.metricsPort)],
    ...(ports.uiPort === undefined ? ['--headless'] : ['--ui-port', String(ports.uiPort)]),
    ...(options.dbFilename === undefined
      ? []
      : ['--db-filename', options.dbFilename, ...sqlitePragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

/** Polls until the server answers, then configures its namespace for journeys. */
async function prepareWhenReady(
  server: ServerProcess,
  { address, metricsUrl }: { address: string; metricsUrl: string },
  searchAttributes: readonly SearchAttribute[],
): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    const connection = Connection.lazy({ address, connectTimeout: '1 second' });
    try {
      // If another server took our port, it would answer there, but not on our metrics port.
      await fetch(metricsUrl);
      await connection.ensureConnected();
      await keepClosedWorkflows(connection);
      await ensureSearchAttributes(connection, namespace, searchAttributes);
      return;
    } catch (error) {
      if (server.hasEnded()) throw new ServerStartError(`The Temporal server exited at startup.\n${server.lastLog()}`);
      if (Date.now() > deadline) {
        const seconds = startWithinMs / 1000;
        throw new ServerStartError(`The Temporal server did not answer within ${seconds} s.\n${server.lastLog()}`, {
          cause: error,
        });
      }
    } finally {
      await connection.close();
    }
    await sleep(50);
  }
}

async function keepClosedWorkflows({ workflowService }: Connection): Promise<void> {
  const { config } = await workflowService.describeNamespace({ namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  if (seconds * 1000 >= ms(retention)) return;
  const workflowExecutionRetentionTtl = protoDuration(retention);
  await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
}

async function choosePorts({ port = 7233, ui = true, uiPort = 8233, metricsPort = 0 }: StartServerOptions) {
  return {
    port: await freePort(port),
    uiPort: ui ? await freePort(uiPort) : undefined,
    metricsPort: await freePort(metricsPort),
  };
}

/** The wanted port, or any free port if it is in use. */
async function freePort(wanted: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () => (wanted === 0 ? reject(new Error(`No free port on ${host}`)) : resolve(freePort(0))));
    probe.listen(wanted, host, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' && bound ? bound.port : wanted));
    });
  });
}
