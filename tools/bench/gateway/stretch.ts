import type { ConnectedClient } from '../../../src/temporal/connect.js';
import { TakenEvents, type WireEvent } from '../../../test/support/taken-events.js';
import type { OnProgress } from '../../temporal-server/progress.js';
import type { Goal, PartResult } from '../harness/report.js';
import type { Table } from '../harness/table.js';
import { storyOf } from './events.js';
import type { GatewayProcess } from './gateway-process.js';
import { type LoadResult, sendLoad } from './load.js';
import { type Drift, driftOf, heapsLeft, type MemorySample, watchResident } from './memory.js';

export interface Stretch {
  readonly name: string;
  readonly account: string;
  readonly gateway: GatewayProcess;
  readonly client: ConnectedClient;
  readonly amount: number;
  readonly connections: number;
  /** Events a second. Default: as fast as they are taken. */
  readonly rate?: number;
  /** Whether it is long enough to tell whether memory grows. */
  readonly isSteady: boolean;
  readonly onProgress: OnProgress;
}

/** Of the time: code is compiled, pools fill. */
const warmUpShare = 0.2;
/** A kilobyte lost with every event would be 2.3 MB a minute at 40 events a second. */
const mostMbPerMinute = 0.25;

/** Sends events for a while, then looks for each one that was taken in the history of its journey. */
export async function runStretch(stretch: Stretch): Promise<PartResult> {
  const { name, account, gateway, client, amount, connections, rate, onProgress } = stretch;
  const taken = new TakenEvents();
  const began = Date.now();
  const watch = watchResident(gateway.pid);
  const load = await sendLoad({
    ...{ url: `${gateway.url}/v1/events`, headers: gateway.headers, connections, amount },
    ...(rate !== undefined && { rate }),
    next: storyOf(`${name}_${Date.now()}`),
    onAnswer: (status, sent) => {
      if (status === 202) taken.add(sent as WireEvent); // what storyOf made
    },
  });
  const [resident, heap] = [await watch.stop(), heapsLeft(gateway.log(), gateway.startedAt)];
  const from = began + (Date.now() - began) * (stretch.isSteady ? warmUpShare : 0);
  const after = (samples: readonly MemorySample[]) => samples.filter(({ at }) => at >= from);
  const memory = { resident: driftOf(after(resident)), heap: driftOf(after(heap)) };
  onProgress(`${name}: looking for ${taken.count} events in ${taken.leads} histories …`);
  const missing = await taken.missing(client, account);
  return resultOf(stretch, load, memory, taken, missing);
}

function resultOf(
  { name, amount, isSteady }: Stretch,
  load: LoadResult,
  memory: { readonly resident: Drift; readonly heap: Drift },
  taken: TakenEvents,
  missing: readonly WireEvent[],
): PartResult {
  const { median, p99, max } = load.latencyMs;
  const statuses = Object.entries(load.statuses).map(([status, count]) => `${count} x ${status}`);
  const tables: Table[] = [
    {
      title: `${name}: ${amount} events of ${taken.leads} leads`,
      columns: ['events/s', 'answers', 'without answer', 'p50 ms', 'p99 ms', 'max ms', 'taken', 'missing in Temporal'],
      rows: [
        [
          load.perSecond.toFixed(1),
          statuses.join(', '),
          load.errors,
          median,
          p99,
          max,
          taken.count,
          missing.length,
        ].map(String),
      ],
    },
    {
      title: `${name}: memory of the gateway${isSteady ? ', after a fifth of the time to warm up' : ''}`,
      columns: ['', 'start MB', 'end MB', 'peak MB', 'MB a minute', 'samples'],
      rows: [memoryRow('resident', memory.resident), memoryRow('heap after a full collection', memory.heap)],
    },
  ];
  const goals: Goal[] = [
    {
      name: `${name}: events that were answered with 202 and are missing`,
      target: '0',
      measured: `${missing.length} of ${taken.count}`,
      isMet: missing.length === 0 && taken.count > 0,
    },
    {
      name: `${name}: events that were not answered with 202`,
      target: '0',
      measured: String(amount - taken.count),
      isMet: amount === taken.count,
    },
    ...(isSteady ? [flatGoal(name, memory.heap)] : []),
  ];
  return { part: name, tables, goals, figures: { load, memory, taken: taken.count, missing: missing.length } };
}

function memoryRow(what: string, { startMb, endMb, peakMb, mbPerMinute, samples }: Drift): string[] {
  return [what, ...[startMb, endMb, peakMb].map((mb) => mb.toFixed(1)), mbPerMinute.toFixed(2), String(samples)];
}

function flatGoal(name: string, { mbPerMinute }: Drift): Goal {
  return {
    name: `${name}: heap grows`,
    target: `<= ${mostMbPerMinute} MB a minute`,
    measured: mbPerMinute.toFixed(2),
    isMet: mbPerMinute <= mostMbPerMinute,
  };
}
