import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { searchAttributeKeys } from '../../../src/workflows/search-attributes.js';
import { startServer } from '../../temporal-server/server.js';
import { type MeasuredProcess, startMeasured } from '../harness/process.js';
import { cpuDuring } from '../harness/usage.js';
import type { BareResult, BareRun } from './bare-starter.js';
import { leadCreated } from './events.js';
import { startGatewayProcess } from './gateway-process.js';
import { type LoadResult, sendLoad } from './load.js';

export const variants = ['route', 'script', 'events', 'batch'] as const;
export type Variant = (typeof variants)[number];

export interface Sample {
  /** Events, not requests. */
  readonly perSecond: number;
  /** Per request. */
  readonly latencyMs: LoadResult['latencyMs'];
  /** CPU milliseconds per event: of the measured process, of Temporal, and of the benchmark. */
  readonly cpuMs: { readonly own: number; readonly temporal: number; readonly bench: number };
}

/** Concurrent requests: the number of calls to Temporal that the gateway allows. */
export const concurrency = 64;
export const batchSize = 100;
/** Two batches of 100 events load the gateway as much as 64 single events. */
const concurrentBatches = 2;
/** The bare route is fast and needs this many times more requests for a measurable time. */
const routeFactor = 8;

export interface Variants {
  readonly measure: Readonly<Record<Variant, () => Promise<Sample>>>;
  close(): Promise<void>;
}

/** Starts Temporal, the gateway, the script and the bare route, each in its own process. No worker is needed. */
export async function openVariants(events: number): Promise<Variants> {
  const account = 'bench';
  const env = { BENCH_ACCOUNT: account };
  const server = await startServer({ port: 0, ui: false, searchAttributes: searchAttributeKeys });
  const gateway = await startGatewayProcess(server.address, account);
  const route = await startModule('bare-route');
  const script = await startModule('bare-starter', { ...env, BENCH_ADDRESS: server.address });
  const routeUrl = await callProcess<string>(route, {});

  const run = randomUUID().slice(0, 8);
  let leads = 0;
  const nextEvent = () => {
    leads += 1;
    return leadCreated(`lead_${run}_${leads}`, leads);
  };
  const nextBatch = () => ({ events: Array.from({ length: batchSize }, nextEvent) });
  const { headers } = gateway;
  const overHttp = (url: string, amount: number, connections: number, next: () => object) => async () =>
    assertAllAccepted(await sendLoad({ url, headers, connections, amount, next }));
  const measured = async (pid: number, count: number, send: () => Promise<BareResult>, eventsEach = 1) => {
    const results: BareResult[] = [];
    const cpu = await cpuDuring({ own: pid, temporal: server.pid, bench: process.pid }, async () => {
      results.push(await send());
    });
    const [{ perSecond, latencyMs } = noResult] = results;
    const each = (ms: number) => ms / (count * eventsEach);
    return {
      perSecond: perSecond * eventsEach,
      latencyMs,
      cpuMs: { own: each(cpu.own), temporal: each(cpu.temporal), bench: each(cpu.bench) },
    };
  };

  const batches = Math.max(concurrentBatches, Math.round(events / batchSize));
  return {
    measure: {
      route: () =>
        measured(route.pid, events * routeFactor, overHttp(routeUrl, events * routeFactor, concurrency, nextEvent)),
      script: () => {
        leads += events;
        const bareRun: BareRun = { amount: events, concurrency, prefix: `lead_${run}_${leads}_` };
        return measured(script.pid, events, () => callProcess<BareResult>(script, bareRun));
      },
      events: () => measured(gateway.pid, events, overHttp(`${gateway.url}/v1/events`, events, concurrency, nextEvent)),
      batch: () => {
        const send = overHttp(`${gateway.url}/v1/events/batch`, batches, concurrentBatches, nextBatch);
        return measured(gateway.pid, batches, send, batchSize);
      },
    },
    async close() {
      await Promise.all([gateway.stop(), route.stop(), script.stop()]);
      await server.stop();
    },
  };
}

const noResult: BareResult = { perSecond: Number.NaN, latencyMs: { median: 0, p99: 0, max: 0 } };

/** @throws Error if a request was rejected, because the figures would be wrong */
function assertAllAccepted(result: LoadResult): LoadResult {
  const others = Object.keys(result.statuses).filter((status) => status !== '202');
  if (others.length === 0 && result.errors === 0) return result;
  throw new Error(`Expected only 202 responses, got ${JSON.stringify(result.statuses)} and ${result.errors} errors`);
}

function startModule(name: string, env: Readonly<Record<string, string>> = {}): Promise<MeasuredProcess> {
  const module = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  return startMeasured(module, { env, execArgv: ['--import', 'tsx'] });
}

/** Sends a message to a process and waits for the reply. */
function callProcess<Reply>(child: MeasuredProcess, message: object): Promise<Reply> {
  const reply = new Promise<Reply>((resolve) => child.onMessage((received) => resolve(received as Reply))); // sent by our own module
  child.send(message);
  return reply;
}
