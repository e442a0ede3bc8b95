import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds } from '../../../src/domain/duration.js';
import { defaultTuning } from '../../../src/worker.js';
import { currentRules } from '../../../src/workflows/rules.js';
import { alternate, percentile, ratioOf, type Spread, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import type { Goal } from '../harness/report.js';
import { spreadText, type Table } from '../harness/table.js';
import { cpuDuring, usageOf } from '../harness/usage.js';
import { journeyFlow } from '../stack/flows.js';
import { park, waitUntilIdle, wake } from '../stack/park.js';
import { type BenchStack, openStack } from '../stack/stack.js';

const workerTargetMb = 300;
const rounds = 5;
/** Journeys that are woken per round and variant. Each journey is woken once. */
const wakesPerRound = 8;

/** The figures with this number of parked journeys. */
interface ParkedFigures {
  readonly parked: number;
  readonly parkedPerSecond: number;
  readonly workerMb: number;
  readonly serverMb: number;
  readonly databaseMb: number;
  /** CPU time of worker and server without activity. */
  readonly idleCpuMsPerSecond: number;
  /** Latency from the report of a trial to the request to ChartMogul. */
  readonly cached: WakeFigures;
  readonly evicted?: WakeFigures;
  /** The ratio of the median latencies. */
  readonly evictedToCached?: Spread;
}

interface WakeFigures {
  readonly medianMs: number;
  readonly p95Ms: number;
  /** CPU time of the worker per journey. */
  readonly workerCpuMs: Spread;
}

export const parkedPart: Part = {
  name: 'parked',
  about: 'memory and reaction time with thousands of waiting journeys; server with a data file',
  async run({ quick, onProgress }: PartOptions) {
    const sizes = quick ? [200] : [100, 1_000, 10_000];
    const stack = await openStack({ inFile: true });
    try {
      const worker = await stack.startWorker();
      const bench = new ParkedBench(stack, { worker: worker.pid, server: stack.server.pid });
      const results: ParkedFigures[] = [];
      for (const size of sizes) {
        onProgress(`parked: starting ${size} journeys …`);
        results.push(await bench.growTo(size));
      }
      return resultOf(results);
    } finally {
      await stack.close();
    }
  },
};

class ParkedBench {
  private readonly leadIds: string[] = [];
  private readonly woken = new Set<string>();

  constructor(
    private readonly stack: BenchStack,
    private readonly pids: { readonly worker: number; readonly server: number },
  ) {}

  async growTo(size: number): Promise<ParkedFigures> {
    const { stack, pids } = this;
    const added = Array.from(
      { length: size - this.leadIds.length },
      (_, index) => `lead_${this.leadIds.length + index}`,
    );
    const began = performance.now();
    await park(stack, journeyFlow(stack), added);
    const parkedPerSecond = (added.length * 1000) / (performance.now() - began);
    this.leadIds.push(...added);

    await waitUntilIdle(pids);
    await sleep(milliseconds(currentRules().freshLook)); // then they look up the lead again before they write
    const [workerMb, serverMb] = [await memoryOf(pids.worker), await memoryOf(pids.server)];
    const idleSeconds = 2;
    const idle = await cpuDuring(pids, () => sleep(idleSeconds * 1000));
    return {
      parked: size,
      ...{ parkedPerSecond, workerMb, serverMb, databaseMb: await sizeMb(stack.databaseFile) },
      idleCpuMsPerSecond: (idle.worker + idle.server) / idleSeconds,
      ...(await this.measureWakes()),
    };
  }

  /** Wakes the newest journeys, which are cached, and the oldest, which are evicted if there are more than the cache holds. */
  private async measureWakes(): Promise<Pick<ParkedFigures, 'cached' | 'evicted' | 'evictedToCached'>> {
    const { maxCachedWorkflows = Number.POSITIVE_INFINITY } = defaultTuning.journeys;
    const isEvicting = this.leadIds.length > maxCachedWorkflows + 2 * rounds * wakesPerRound;
    const wakeOldest = () => this.wakeNext(this.leadIds);
    const wakeNewest = () => this.wakeNext(this.leadIds.toReversed());
    const options = { rounds, warmUps: 0 };
    if (!isEvicting) {
      const { cached } = await alternate({ ...options, variants: { cached: wakeNewest } });
      return { cached: wakeFiguresOf(cached) };
    }
    const { cached, evicted } = await alternate({ ...options, variants: { cached: wakeNewest, evicted: wakeOldest } });
    const medians = (of: Sample[]) => of.map(({ times }) => percentile(times, 50));
    return {
      cached: wakeFiguresOf(cached),
      evicted: wakeFiguresOf(evicted),
      evictedToCached: ratioOf(medians(evicted), medians(cached)),
    };
  }

  private async wakeNext(candidates: readonly string[]): Promise<Sample> {
    const leadIds = candidates.filter((leadId) => !this.woken.has(leadId)).slice(0, wakesPerRound);
    for (const leadId of leadIds) this.woken.add(leadId);
    let times: number[] = [];
    const cpu = await cpuDuring({ worker: this.pids.worker }, async () => {
      times = await wake(this.stack, journeyFlow(this.stack), leadIds);
    });
    return { times, workerCpuMs: cpu.worker / leadIds.length };
  }
}

interface Sample {
  readonly times: readonly number[];
  readonly workerCpuMs: number;
}

function wakeFiguresOf(samples: readonly Sample[]): WakeFigures {
  const times = samples.flatMap((sample) => sample.times);
  return {
    medianMs: percentile(times, 50),
    p95Ms: percentile(times, 95),
    workerCpuMs: spreadOf(samples.map(({ workerCpuMs }) => workerCpuMs)),
  };
}

async function memoryOf(pid: number): Promise<number> {
  return (await usageOf(pid)).residentMb;
}

/** The size of the database with its write-ahead log. */
async function sizeMb(databaseFile: string): Promise<number> {
  const sizes = await Promise.all(
    [databaseFile, `${databaseFile}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0, // the write-ahead log does not always exist
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1_000_000;
}

function resultOf(results: readonly ParkedFigures[]) {
  const latency = (wake?: WakeFigures) => (wake ? `${wake.medianMs.toFixed(0)} / ${wake.p95Ms.toFixed(0)}` : '–');
  const cpu = (wake?: WakeFigures) => (wake ? wake.workerCpuMs.median.toFixed(0) : '–');
  const table: Table = {
    title: `Parked journeys: server with an SQLite file, ${defaultTuning.journeys.maxCachedWorkflows} journeys in the worker's cache`,
    columns: [
      ...['waiting', 'worker MB', 'server MB', 'file MB', 'idle CPU ms/s'],
      ...[
        'cached: ms p50 / p95',
        'evicted: ms p50 / p95',
        'evicted to cached',
        'worker CPU ms cached',
        'worker CPU ms evicted',
      ],
    ],
    rows: results.map((result) => [
      String(result.parked),
      ...[result.workerMb, result.serverMb, result.databaseMb, result.idleCpuMsPerSecond].map((value) =>
        value.toFixed(0),
      ),
      ...[latency(result.cached), latency(result.evicted)],
      result.evictedToCached ? spreadText(result.evictedToCached) : '–',
      ...[cpu(result.cached), cpu(result.evicted)],
    ]),
    notes: [
      'Latency from the report of a trial to the request to ChartMogul, one journey at a time. Cached and evicted journeys alternate.',
      `Journeys were started at ${results.map(({ parkedPerSecond }) => parkedPerSecond.toFixed(0)).join(', ')} per second.`,
    ],
  };
  return { tables: [table], goals: results.map(memoryGoal), figures: { results } };
}

function memoryGoal({ parked, workerMb }: ParkedFigures): Goal {
  const measured = `${workerMb.toFixed(0)} MB`;
  return {
    name: `worker memory with ${parked} parked journeys`,
    target: `< ${workerTargetMb} MB`,
    measured,
    isMet: workerMb < workerTargetMb,
  };
}
