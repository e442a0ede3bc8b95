import { usageOf } from '../harness/usage.js';

/** Memory use at one moment. */
export interface MemorySample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly mb: number;
}

const intervalMs = 1_000;

/** Samples a process from outside, once per second, until it is stopped. */
export function watchMemory(pid: number): { stop(): Promise<MemorySample[]> } {
  const samples: MemorySample[] = [];
  let sampling: Promise<void> = Promise.resolve();
  const sample = async () => {
    samples.push({ at: Date.now(), mb: (await usageOf(pid)).residentMb });
  };
  const timer = setInterval(() => {
    sampling = sampling.then(sample);
  }, intervalMs);
  return {
    async stop() {
      clearInterval(timer);
      await sampling;
      return samples;
    },
  };
}

/**
 * The heap size after each full garbage collection, from Node's `--trace-gc` output. Between collections the heap is
 * mostly garbage and shows no leak.
 */
export function heapAfterCollections(log: string, startedAt: number): MemorySample[] {
  return [...log.matchAll(/(?<ms>\d+) ms: Mark-\D+[\d.]+ \([\d.]+\) -> (?<mb>[\d.]+)/g)].map(({ groups }) => ({
    at: startedAt + Number(groups?.ms),
    mb: Number(groups?.mb),
  }));
}

/** The trend of a figure. */
export interface Drift {
  readonly startMb: number;
  readonly endMb: number;
  readonly peakMb: number;
  /** The slope of the linear regression. */
  readonly mbPerMinute: number;
  readonly samples: number;
}

export function driftOf(samples: readonly MemorySample[]): Drift {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(samples.map(({ at }) => at)), mean(samples.map(({ mb }) => mb))];
  const rise = samples.reduce((sum, { at, mb }) => sum + (at - middle) * (mb - level), 0);
  const run = samples.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  return {
    startMb: samples[0]?.mb ?? Number.NaN,
    endMb: samples.at(-1)?.mb ?? Number.NaN,
    peakMb: Math.max(...samples.map(({ mb }) => mb)),
    mbPerMinute: (rise / run) * 60_000,
    samples: samples.length,
  };
}
