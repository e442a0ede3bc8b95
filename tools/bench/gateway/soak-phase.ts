import type { ConnectedClient } from '../../../src/temporal/connect.js';
import { TakenEvents, type WireEvent } from '../../../test/support/taken-events.js';
import type { OnProgress } from '../../temporal-server/progress.js';
import type { Goal, PartResult } from '../harness/report.js';
import type { Table } from '../harness/table.js';
import { eventsOfLeads } from './events.js';
import type { GatewayProcess } from './gateway-process.js';
import { type LoadResult, sendLoad } from './load.js';
import { type Drift, driftOf, heapAfterCollections, type MemorySample, watchMemory } from './memory.js';

export interface SoakPhase {
  readonly name: string;
  readonly account: string;
  readonly gateway: GatewayProcess;
  readonly client: ConnectedClient;
  readonly amount: number;
  readonly connections: number;
  /** Events per second. Default: unlimited. */
  readonly rate?: number;
  /** Whether the phase is long enough to check for a memory leak. */
  readonly checksForLeak: boolean;
  readonly onProgress: OnProgress;
}

/** The share of the time that is ignored, while code is compiled and pools fill. */
const warmUpShare = 0.2;
/** At 40 events per second, a leak of a kilobyte per event would be 2.3 MB per minute. */
const maxMbPerMinute = 0.25;

/** Sends events, then checks that the history of each journey contains the events that the gateway accepted. */
export async function runSoakPhase(phase: SoakPhase): Promise<PartResult> {
  const { name, account, gateway, client, amount, connections, rate, onProgress } = phase;
  const accepted = new TakenEvents();
  const began = Date.now();
  const watch = watchMemory(gateway.pid);
  const load = await sendLoad({
    ...{ url: `${gateway.url}/v1/events`, headers: gateway.headers, connections, amount },
    ...(rate !== undefined && { rate }),
    next: eventsOfLeads(`${name}_${Date.now()}`),
    onResponse: (status, sent) => {
      if (status === 202) accepted.add(sent as WireEvent); // created by eventsOfLeads
    },
  });
  const [resident, heap] = [await watch.stop(), heapAfterCollections(gateway.log(), gateway.startedAt)];
  const from = began + (Date.now() - began) * (phase.checksForLeak ? warmUpShare : 0);
  const after = (samples: readonly MemorySample[]) => samples.filter(({ at }) => at >= from);
  const memory = { resident: driftOf(after(resident)), heap: driftOf(after(heap)) };
  onProgress(`${name}: checking ${accepted.count} events in ${accepted.leads} histories …`);
  const missing = await accepted.missing(client, account);
  return resultOf(phase, load, memory, accepted, missing);
}

function resultOf(
  { name, amount, checksForLeak }: SoakPhase,
  load: LoadResult,
  memory: { readonly resident: Drift; readonly heap: Drift },
  accepted: TakenEvents,
  missing: readonly WireEvent[],
): PartResult {
  const { median, p99, max } = load.latencyMs;
  const statuses = Object.entries(load.statuses).map(([status, count]) => `${count} x ${status}`);
  const tables: Table[] = [
    {
      title: `${name}: ${amount} events of ${accepted.leads} leads`,
      columns: [
        'events/s',
        'responses',
        'without response',
        'p50 ms',
        'p99 ms',
        'max ms',
        'accepted',
        'missing in Temporal',
      ],
      rows: [
        [
          load.perSecond.toFixed(1),
          statuses.join(', '),
          load.errors,
          median,
          p99,
          max,
          accepted.count,
          missing.length,
        ].map(String),
      ],
    },
    {
      title: `${name}: memory of the gateway${checksForLeak ? ', after a warm-up of a fifth of the time' : ''}`,
      columns: ['', 'start MB', 'end MB', 'peak MB', 'MB per minute', 'samples'],
      rows: [memoryRow('resident', memory.resident), memoryRow('heap after full garbage collections', memory.heap)],
    },
  ];
  const goals: Goal[] = [
    {
      name: `${name}: accepted events that are missing in Temporal`,
      target: '0',
      measured: `${missing.length} of ${accepted.count}`,
      isMet: missing.length === 0 && accepted.count > 0,
    },
    {
      name: `${name}: events that were not accepted with 202`,
      target: '0',
      measured: String(amount - accepted.count),
      isMet: amount === accepted.count,
    },
    ...(checksForLeak ? [flatGoal(name, memory.heap)] : []),
  ];
  return { part: name, tables, goals, figures: { load, memory, accepted: accepted.count, missing: missing.length } };
}

function memoryRow(name: string, { startMb, endMb, peakMb, mbPerMinute, samples }: Drift): string[] {
  return [name, ...[startMb, endMb, peakMb].map((mb) => mb.toFixed(1)), mbPerMinute.toFixed(2), String(samples)];
}

function flatGoal(name: string, { mbPerMinute }: Drift): Goal {
  return {
    name: `${name}: heap growth`,
    target: `<= ${maxMbPerMinute} MB per minute`,
    measured: mbPerMinute.toFixed(2),
    isMet: mbPerMinute <= maxMbPerMinute,
  };
}
