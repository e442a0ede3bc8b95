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
import { park, untilQuiet, wake } from '../stack/park.js';
import { type BenchStack, openStack } from '../stack/stack.js';
import { journeyWay } from '../stack/ways.js';

const goalMb = 300;
const rounds = 5;
/** Journeys woken a round; each is woken once in its life, so both ends of the crowd must have enough. */
const wokenARound = 8;

/** With so many journeys waiting. */
interface Crowd {
  readonly parked: number;
  readonly parkedPerSecond: number;
  readonly workerMb: number;
  readonly serverMb: number;
  readonly databaseMb: number;
  /** Of worker and server, while nothing happens. */
  readonly idleCpuMsPerSecond: number;
  /** From the report of a trial until ChartMogul is asked. */
  readonly cached: Woken;
  readonly evicted?: Woken;
  /** How much longer an evicted journey takes than a cached one. */
  readonly evictedToCached?: Spread;
}

interface Woken {
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Of the worker, a journey. */
  readonly workerCpuMs: Spread;
}

export const parkedPart: Part = {
  name: 'parked',
  about: 'memory, and the time to react, with thousands of journeys waiting; server on a file',
  async run({ quick, onProgress }: PartOptions) {
    const sizes = quick ? [200] : [100, 1_000, 10_000];
    const stack = await openStack({ inFile: true });
    try {
      const worker = await stack.startWorker();
      const bench = new ParkedBench(stack, { worker: worker.pid, server: stack.server.pid });
      const crowds: Crowd[] = [];
      for (const size of sizes) {
        onProgress(`parked: bringing ${size} journeys to where they wait …`);
        crowds.push(await bench.growTo(size));
      }
      return resultOf(crowds);
    } finally {
      await stack.close();
    }
  },
};

class ParkedBench {
  private readonly leadIds: string[] = [];
  private readonly awake = new Set<string>();

  constructor(
    private readonly stack: BenchStack,
    private readonly pids: { readonly worker: number; readonly server: number },
  ) {}

  async growTo(size: number): Promise<Crowd> {
    const { stack, pids } = this;
    const added = Array.from(
      { length: size - this.leadIds.length },
      (_, index) => `lead_${this.leadIds.length + index}`,
    );
    const began = performance.now();
    await park(stack, journeyWay(stack), added);
    const parkedPerSecond = (added.length * 1000) / (performance.now() - began);
    this.leadIds.push(...added);

    await untilQuiet(pids);
    await sleep(milliseconds(currentRules().freshLook)); // in life weeks go by, and a journey looks before it writes
    const [workerMb, serverMb] = [await memoryOf(pids.worker), await memoryOf(pids.server)];
    const idleSeconds = 2;
    const idle = await cpuDuring(pids, () => sleep(idleSeconds * 1000));
    return {
      parked: size,
      ...{ parkedPerSecond, workerMb, serverMb, databaseMb: await sizeMb(stack.databaseFile) },
      idleCpuMsPerSecond: (idle.worker + idle.server) / idleSeconds,
      ...(await this.wakeSome()),
    };
  }

  /** Those that came last are in the worker's cache; those that came first have left it, if there are more than it holds. */
  private async wakeSome(): Promise<Pick<Crowd, 'cached' | 'evicted' | 'evictedToCached'>> {
    const { maxCachedWorkflows = Number.POSITIVE_INFINITY } = defaultTuning.journeys;
    const isEvicting = this.leadIds.length > maxCachedWorkflows + 2 * rounds * wokenARound;
    const first = () => this.wakeAll(this.leadIds);
    const last = () => this.wakeAll(this.leadIds.toReversed());
    const once = { rounds, warmUps: 0 };
    if (!isEvicting) {
      const { cached } = await alternate({ ...once, variants: { cached: last } });
      return { cached: wokenOf(cached) };
    }
    const { cached, evicted } = await alternate({ ...once, variants: { cached: last, evicted: first } });
    const medians = (of: Sample[]) => of.map(({ times }) => percentile(times, 50));
    return {
      cached: wokenOf(cached),
      evicted: wokenOf(evicted),
      evictedToCached: ratioOf(medians(evicted), medians(cached)),
    };
  }

  private async wakeAll(candidates: readonly string[]): Promise<Sample> {
    const leadIds = candidates.filter((leadId) => !this.awake.has(leadId)).slice(0, wokenARound);
    for (const leadId of leadIds) this.awake.add(leadId);
    let times: number[] = [];
    const cpu = await cpuDuring({ worker: this.pids.worker }, async () => {
      times = await wake(this.stack, journeyWay(this.stack), leadIds);
    });
    return { times, workerCpuMs: cpu.worker / leadIds.length };
  }
}

interface Sample {
  readonly times: readonly number[];
  readonly workerCpuMs: number;
}

function wokenOf(samples: readonly Sample[]): Woken {
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

/** The write-ahead log is part of it. */
async function sizeMb(databaseFile: string): Promise<number> {
  const sizes = await Promise.all(
    [databaseFile, `${databaseFile}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0, // no log at this moment
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1_000_000;
}

function resultOf(crowds: readonly Crowd[]) {
  const latency = (woken?: Woken) => (woken ? `${woken.medianMs.toFixed(0)} / ${woken.p95Ms.toFixed(0)}` : '–');
  const cpu = (woken?: Woken) => (woken ? woken.workerCpuMs.median.toFixed(0) : '–');
  const table: Table = {
    title: `Parked journeys: server on an SQLite file, ${defaultTuning.journeys.maxCachedWorkflows} journeys in the worker's cache`,
    columns: [
      ...['waiting', 'worker MB', 'server MB', 'file MB', 'idle CPU ms/s'],
      ...['cached: ms p50 / p95', 'evicted: ms p50 / p95', 'evicted to cached', 'worker CPU ms cached', 'evicted'],
    ],
    rows: crowds.map((crowd) => [
      String(crowd.parked),
      ...[crowd.workerMb, crowd.serverMb, crowd.databaseMb, crowd.idleCpuMsPerSecond].map((value) => value.toFixed(0)),
      ...[latency(crowd.cached), latency(crowd.evicted)],
      crowd.evictedToCached ? spreadText(crowd.evictedToCached) : '–',
      ...[cpu(crowd.cached), cpu(crowd.evicted)],
    ]),
    notes: [
      'The time from the report of a trial until ChartMogul is asked, one journey after the other; both kinds by turns.',
      `Brought there at ${crowds.map(({ parkedPerSecond }) => parkedPerSecond.toFixed(0)).join(', ')} journeys/s.`,
    ],
  };
  return { tables: [table], goals: crowds.map(memoryGoal), figures: { crowds } };
}

function memoryGoal({ parked, workerMb }: Crowd): Goal {
  const measured = `${workerMb.toFixed(0)} MB`;
  return {
    what: `worker with ${parked} parked`,
    wanted: `< ${goalMb} MB`,
    measured,
    isMet: workerMb < goalMb,
  };
}
