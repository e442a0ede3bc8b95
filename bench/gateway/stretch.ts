import type { ConnectedClient } from '../../src/temporal/connect.js';
import type { OnProgress } from '../../src/temporal/progress.js';
import { TakenEvents, type WireEvent } from '../../test/support/taken-events.js';
import type { Goal, PartResult } from '../harness/report.js';
import type { Table } from '../harness/table.js';
import { storyOf } from './events.js';
import type { GatewayProcess } from './gateway-process.js';
import { type LoadResult, sendLoad } from './load.js';
import { type Drift, driftOf, type MemorySample, watchMemory } from './memory.js';

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

const memoryEveryMs = 1_000;
/** Of the time: code is compiled, pools fill. */
const warmUpShare = 0.2;
/** A kilobyte lost with every event would be 2.3 MB a minute at 40 events a second. */
const mostMbPerMinute = 0.25;

/** Sends events for a while, then looks for each one that was taken in the history of its journey. */
export async function runStretch(stretch: Stretch): Promise<PartResult> {
  const { name, account, gateway, client, amount, connections, rate, onProgress } = stretch;
  const taken = new TakenEvents();
  const memory = watchMemory(gateway.operationsUrl, memoryEveryMs);
  const load = await sendLoad({
    ...{ url: `${gateway.url}/v1/events`, headers: gateway.headers, connections, amount },
    ...(rate !== undefined && { rate }),
    next: storyOf(`${name}_${Date.now()}`),
    onAnswer: (status, sent) => {
      if (status === 202) taken.add(sent as WireEvent); // what storyOf made
    },
  });
  const samples = await memory.stop();
  onProgress(`${name}: looking for ${taken.count} events in ${taken.leads} histories …`);
  const missing = await taken.missing(client, account);
  return resultOf(stretch, load, samples, taken, missing);
}

function resultOf(
  { name, amount, isSteady }: Stretch,
  load: LoadResult,
  samples: readonly MemorySample[],
  taken: TakenEvents,
  missing: readonly WireEvent[],
): PartResult {
  const warmUp = (samples.at(-1)?.seconds ?? 0) * (isSteady ? warmUpShare : 0);
  const drift = { resident: driftOf(samples, 'residentMb', warmUp), heap: driftOf(samples, 'heapMb', warmUp) };
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
      title: `${name}: memory of the gateway${isSteady ? `, after the first ${(warmUp / 60).toFixed(1)} minutes` : ''}`,
      columns: ['', 'start MB', 'end MB', 'MB a minute', 'peak MB'],
      rows: [
        memoryRow('resident', drift.resident, Math.max(...samples.map(({ residentMb }) => residentMb))),
        memoryRow('JavaScript heap', drift.heap, Math.max(...samples.map(({ heapMb }) => heapMb))),
      ],
      notes: [
        'Start, end and slope of the lowest values of each tenth of the time, which the garbage collector leaves.',
      ],
    },
  ];
  const goals: Goal[] = [
    {
      what: `${name}: events that were answered with 202 and are missing`,
      wanted: '0',
      measured: `${missing.length} of ${taken.count}`,
      isMet: missing.length === 0 && taken.count > 0,
    },
    {
      what: `${name}: events that were not answered with 202`,
      wanted: '0',
      measured: String(amount - taken.count),
      isMet: amount === taken.count,
    },
    ...(isSteady ? [flatGoal(name, drift.heap)] : []),
  ];
  return { part: name, tables, goals, figures: { load, drift, taken: taken.count, missing: missing.length, samples } };
}

function memoryRow(what: string, { startMb, endMb, mbPerMinute }: Drift, peakMb: number): string[] {
  return [what, startMb.toFixed(1), endMb.toFixed(1), mbPerMinute.toFixed(2), peakMb.toFixed(1)];
}

function flatGoal(name: string, { mbPerMinute }: Drift): Goal {
  return {
    what: `${name}: heap grows`,
    wanted: `<= ${mostMbPerMinute} MB a minute`,
    measured: mbPerMinute.toFixed(2),
    isMet: mbPerMinute <= mostMbPerMinute,
  };
}
