import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { apiKey, type Exchange, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { gatewayConfig } from '../../src/gateway/config.js';
import { type Gateway, startGateway } from '../../src/gateway/gateway.js';
import { Journeys } from '../../src/journeys/index.js';
import type { WorkerConfig } from '../../src/runtime/config.js';
import { temporalLogger } from '../../src/runtime/logging.js';
import { type ConnectedClient, connectClient } from '../../src/temporal/connect.js';
import { connectWorker } from '../../src/temporal/connect-worker.js';
import { startWorker } from '../../src/worker.js';
import { endedUnasked, openTemporal, type Temporal } from './temporal.js';

export interface StackOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The data folder: Temporal's database, the sandbox's records, the worker's log. */
  readonly data: string;
  /** 0 means any free port. If a port is in use, another one is chosen. */
  readonly ports: {
    readonly temporal: number;
    readonly ui: number;
    readonly sandbox: number;
    readonly gateway: number;
  };
  /** Called for every answered request to ChartMogul, with the sandbox. */
  readonly onRequest: (exchange: Exchange, chartMogul: Sandbox) => void;
  /** Aborts the start between two parts. */
  readonly signal: AbortSignal;
}

/** Everything a journey needs, running on this machine. */
export interface Stack {
  readonly temporal: Temporal;
  readonly client: ConnectedClient;
  readonly sandbox: Sandbox;
  readonly gateway: Gateway;
  readonly journeys: Journeys;
  /** Rejects if a part exits unexpectedly. */
  readonly broken: Promise<never>;
  /** Stops all parts in reverse order, even if one of them fails to stop. */
  close(): Promise<void>;
}

/** Merges depend on reads, not seconds, because skipped time outruns a real delay. The first read is too early. */
const sandboxKnobs = { mergeAfterReads: 2 } as const;

/**
 * Starts Temporal (unless `TEMPORAL_ADDRESS` names one), the ChartMogul sandbox, a worker and the gateway.
 *
 * @throws DatabaseInUseError if another stack uses the same data, or any error of a part; then everything is stopped
 */
export async function openStack({ env, data, ports, onRequest, signal }: StackOptions): Promise<Stack> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    const problems: unknown[] = [];
    for (const end of closers.splice(0).reverse()) await end().catch((problem) => problems.push(problem));
    if (problems.length > 0) throw problems[0];
  };
  try {
    await mkdir(data, { recursive: true });
    // The server starts first: a second stack on the same data must fail here, before it opens the records.
    const temporal = await openTemporal({ env, dbFilename: join(data, 'temporal.db'), ports });
    closers.push(temporal.close);
    signal.throwIfAborted();
    const sandbox: Sandbox = await onPortOrAny(ports.sandbox, (port) =>
      startSandbox({
        ...sandboxKnobs,
        port,
        data: join(data, 'chartmogul.jsonl'),
        onRequest: (exchange) => onRequest(exchange, sandbox),
      }),
    );
    closers.push(sandbox.close);
    const client = await connectClient(temporal.target);
    closers.push(() => client.connection.close());
    const log = logInto(join(data, 'worker.log'));
    const connection = await connectWorker(temporal.target);
    closers.push(() => connection.close());
    signal.throwIfAborted();
    const worker = await openWorker({ connection, temporal, sandbox, log });
    closers.push(worker.close);
    const gateway = await onPortOrAny(ports.gateway, (port) => openGateway({ port, client, temporal, log }));
    closers.push(gateway.close);
    const journeys = new Journeys({ client, account: temporal.account });
    const broken = Promise.race([temporal.broken, worker.broken]);
    broken.catch(() => undefined); // it rejects at every close, when nothing handles it any more
    return { temporal, client, sandbox, gateway, journeys, broken, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/**
 * Writes the logs of the SDK and the worker to the data folder, so that they do not interrupt the story. Called just
 * before they are used: an unused SDK runtime would keep this process running.
 */
function logInto(file: string): pino.Logger {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, append: false, sync: true }),
  );
  Runtime.install({
    logger: temporalLogger(log),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
  return log;
}

/** Listens on its port, or on another one if that is in use. */
async function onPortOrAny<Part>(port: number, start: (port: number) => Promise<Part>): Promise<Part> {
  try {
    return await start(port);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return start(0);
  }
}

interface GatewayParts {
  readonly port: number;
  readonly client: ConnectedClient;
  readonly temporal: Temporal;
  readonly log: pino.Logger;
}

/** Without keys, for this machine only. The operations port is any free port, because nothing reads it here. */
function openGateway({ port, client, temporal, log }: GatewayParts): Promise<Gateway> {
  const { address, account, uiUrl } = temporal;
  const settings = { GATEWAY_PORT: String(port), GATEWAY_OPERATIONS_PORT: '0', JOURNEY_ACCOUNT: account };
  const env = { TEMPORAL_ADDRESS: address, ...(uiUrl !== undefined && { TEMPORAL_UI_URL: uiUrl }) };
  return startGateway({ client, config: gatewayConfig(settings, { isLocal: true }), log, env });
}

interface WorkerParts {
  readonly connection: NativeConnection;
  readonly temporal: Temporal;
  readonly sandbox: Sandbox;
  readonly log: pino.Logger;
}

async function openWorker({ connection, temporal, sandbox, log }: WorkerParts) {
  const config: WorkerConfig = {
    chartMogul: { apiKey, url: sandbox.url, timeoutMs: 30_000 },
    requestsPerSecond: 30,
    parallelRequests: 6,
    sources: { leads: sandbox.leadsSourceUuid, billing: sandbox.billingSourceUuid },
    account: temporal.account,
    logLevel: log.level,
    // The sandbox answers in milliseconds, and a person who pressed Ctrl-C is waiting.
    shutdown: { graceTime: '500 ms', forceTime: '2 seconds' },
  };
  const worker = await startWorker({ connection, namespace: temporal.namespace, config, log });
  return {
    broken: endedUnasked('The worker', worker.ended),
    async close() {
      worker.stop();
      await worker.ended;
    },
  };
}
