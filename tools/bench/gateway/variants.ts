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
  /** Events, however many a request has. */
  readonly perSecond: number;
  /** Of a request. */
  readonly latencyMs: LoadResult['latencyMs'];
  /** Milliseconds an event: of the process that is measured, of Temporal, and of whoever sends. */
  readonly cpuMs: { readonly itself: number; readonly temporal: number; readonly bench: number };
}

/** Requests under way at once: as many as the gateway passes on. */
export const atOnce = 64;
export const inBatch = 100;
/** Two of 100 events keep the gateway as busy as 64 single ones. */
const batchesAtOnce = 2;
/** The route is so fast that it needs more requests for a measurable time. */
const routeShare = 8;

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
  const routeUrl = await answerOf<string>(route, {});

  const run = randomUUID().slice(0, 8);
  let leads = 0;
  const nextEvent = () => {
    leads += 1;
    return leadCreated(`lead_${run}_${leads}`, leads);
  };
  const nextBatch = () => ({ events: Array.from({ length: inBatch }, nextEvent) });
  const { headers } = gateway;
  const overHttp = (url: string, amount: number, connections: number, next: () => object) => async () =>
    allTaken(await sendLoad({ url, headers, connections, amount, next }));
  const measured = async (pid: number, count: number, send: () => Promise<BareResult>, eventsEach = 1) => {
    const results: BareResult[] = [];
    const cpu = await cpuDuring({ itself: pid, temporal: server.pid, bench: process.pid }, async () => {
      results.push(await send());
    });
    const [{ perSecond, latencyMs } = noResult] = results;
    const each = (ms: number) => ms / (count * eventsEach);
    return {
      perSecond: perSecond * eventsEach,
      latencyMs,
      cpuMs: { itself: each(cpu.itself), temporal: each(cpu.temporal), bench: each(cpu.bench) },
    };
  };

  const batches = Math.max(batchesAtOnce, Math.round(events / inBatch));
  return {
    measure: {
      route: () => measured(route.pid, events * routeShare, overHttp(routeUrl, events * routeShare, atOnce, nextEvent)),
      script: () => {
        leads += events;
        const wanted: BareRun = { amount: events, atOnce, prefix: `lead_${run}_${leads}_` };
        return measured(script.pid, events, () => answerOf<BareResult>(script, wanted));
      },
      events: () => measured(gateway.pid, events, overHttp(`${gateway.url}/v1/events`, events, atOnce, nextEvent)),
      batch: () => {
        const send = overHttp(`${gateway.url}/v1/events/batch`, batches, batchesAtOnce, nextBatch);
        return measured(gateway.pid, batches, send, inBatch);
      },
    },
    async close() {
      await Promise.all([gateway.stop(), route.stop(), script.stop()]);
      await server.stop();
    },
  };
}

const noResult: BareResult = { perSecond: Number.NaN, latencyMs: { median: 0, p99: 0, max: 0 } };

/** Fails if a request was rejected, because the figures would be wrong. */
function allTaken(result: LoadResult): LoadResult {
  const others = Object.keys(result.statuses).filter((status) => status !== '202');
  if (others.length === 0 && result.errors === 0) return result;
  throw new Error(`not all answers were 202: ${JSON.stringify(result.statuses)}, ${result.errors} errors`);
}

function startModule(name: string, env: Readonly<Record<string, string>> = {}): Promise<MeasuredProcess> {
  const module = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  return startMeasured(module, { env, execArgv: ['--import', 'tsx'] });
}

/** Sends a message to a process, and waits for its next answer. */
function answerOf<Answer>(child: MeasuredProcess, question: object): Promise<Answer> {
  const answer = new Promise<Answer>((resolve) => child.onMessage((message) => resolve(message as Answer))); // our own module
  child.send(question);
  return answer;
}
