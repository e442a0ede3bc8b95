import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import {
  apiKey,
  type KnobSettings,
  type Sandbox,
  startSandbox,
} from '../../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../../src/journeys/index.js';
import { type ConnectedClient, connectClient } from '../../../src/temporal/connect.js';
import { defaultTuning, type WorkerTuning } from '../../../src/worker.js';
import { searchAttributeKeys } from '../../../src/workflows/search-attributes.js';
import { type EmbeddedServer, type StartServerOptions, startServer } from '../../temporal-server/server.js';
import { type MeasuredProcess, startMeasured } from '../harness/process.js';
import { floorBundle, journeyBundle } from './bundles.js';
import { RequestEvents } from './request-events.js';
import type { WorkerSettings } from './worker.js';

/** `npm run bench` compiles it first. */
const workerModule = fileURLToPath(new URL('../../../.bench/build/tools/bench/stack/worker.js', import.meta.url));

/** Reads the Node options from the first line of the product's command. */
function productOptions(): string[] {
  const [firstLine = ''] = readFileSync(new URL('../../../src/starter.ts', import.meta.url), 'utf8').split('\n', 1);
  return firstLine.split(' ').filter((word) => word.startsWith('--'));
}

/** A request rate that no benchmark reaches. */
const unlimitedRate = 100_000;

export interface StackOptions extends KnobSettings {
  /** Whether the server stores its data in a file, as with `npm start`. Default: in memory. */
  readonly inFile?: boolean;
  readonly server?: StartServerOptions;
}

export interface WorkerOptions {
  readonly tuning?: WorkerTuning;
  /** Default: unlimited. */
  readonly requestsPerSecond?: number;
  /** Default: 6, as in the product. */
  readonly parallelRequests?: number;
  /** Options for Node. Default: those in the first line of the product's command. */
  readonly nodeOptions?: readonly string[];
}

/** A Temporal server, a ChartMogul sandbox without limits or delays, and a bare route. Workers are started on demand. */
export interface BenchStack {
  readonly server: EmbeddedServer;
  readonly client: ConnectedClient;
  readonly sandbox: Sandbox;
  readonly requestEvents: RequestEvents;
  readonly journeys: Journeys;
  /** The server's data file, with {@link StackOptions.inFile}. */
  readonly databaseFile: string;
  startWorker(options?: WorkerOptions): Promise<MeasuredProcess>;
  startFloorWorker(options?: WorkerOptions): Promise<MeasuredProcess>;
  close(): Promise<void>;
}

const account = 'default';
/** The fastest sandbox: no delays, no limits, and the merge keeps the earliest dates. */
const smooth: KnobSettings = {
  ...{ ingestDelayMs: 0, mergeDelayMs: 0, mergeAfterReads: 1, rateLimitPerSecond: 0, maxParallel: 0 },
  mergeDates: 'earliest',
};

export async function openStack({ inFile = false, server: options, ...knobs }: StackOptions = {}): Promise<BenchStack> {
  const folder = mkdtempSync(join(tmpdir(), 'customer-journey-bench-'));
  const databaseFile = join(folder, 'temporal.db');
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);

  const server = await startServer({
    ...{ port: 0, ui: false, searchAttributes: searchAttributeKeys },
    ...(inFile && { dbFilename: databaseFile }),
    ...options,
  });
  const client = await connectClient({ address: server.address, env: {} });
  const requestEvents = new RequestEvents();
  const sandbox = await startSandbox({ ...smooth, ...knobs, onRequest: requestEvents.onRequest });
  const bare = await startBareRoute(requestEvents);
  const workers: MeasuredProcess[] = [];

  const start = async (bundle: string, options: WorkerOptions, floor?: WorkerSettings['floor']) => {
    const { tuning, nodeOptions: execArgv = productOptions(), ...rates } = options;
    const settings: WorkerSettings = {
      address: server.address,
      config: {
        chartMogul: { apiKey, url: sandbox.url, timeoutMs: 30_000 },
        ...{ requestsPerSecond: unlimitedRate, parallelRequests: 6, account, logLevel: 'error', ...rates },
        sources: { leads: sandbox.leadsSourceUuid, billing: sandbox.billingSourceUuid },
      },
      tuning: tuning ?? defaultTuning,
      bundle,
      ...(floor && { floor }),
    };
    const worker = await startMeasured(workerModule, { env: { BENCH_WORKER: JSON.stringify(settings) }, execArgv });
    workers.push(worker);
    return worker;
  };

  return {
    ...{ server, client, sandbox, requestEvents, databaseFile },
    journeys: new Journeys({ client, account }),
    startWorker: async (options = {}) => start(await journeyBundle(), options),
    startFloorWorker: async (options = {}) => start(await floorBundle(), options, { bareUrl: bare.url }),
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await bare.close();
      await sandbox.close();
      await client.connection.close();
      await server.stop();
      removeFolder();
      process.off('exit', removeFolder);
    },
  };
}

/** A route that responds immediately, in the same process and with the same library as the sandbox. */
async function startBareRoute(requestEvents: RequestEvents): Promise<{ url: string; close(): Promise<void> }> {
  const app = Fastify({ forceCloseConnections: true });
  app.get<{ Params: { leadId: string; step: string } }>('/bare/:leadId/:step', (request, reply) => {
    const { leadId, step } = request.params;
    reply.send('pong');
    if (step === '1') requestEvents.emit(leadId, 'created');
    if (step === '2') requestEvents.emit(leadId, 'updated');
    return reply;
  });
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
}
