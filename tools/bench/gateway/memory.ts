import { usageOf } from '../harness/usage.js';

/** How much memory was held at one moment. */
export interface MemorySample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly mb: number;
}

const everyMs = 1_000;

/** Looks at a process from outside, once a second, until it is stopped. */
export function watchResident(pid: number): { stop(): Promise<MemorySample[]> } {
  const samples: MemorySample[] = [];
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    samples.push({ at: Date.now(), mb: (await usageOf(pid)).residentMb });
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      return samples;
    },
  };
}

/**
 * What the garbage collector left each time that it looked at the whole heap, from what Node writes with `--trace-gc`. What is
 * there between two collections tells of no leak, it is mostly rubbish.
 */
export function heapsLeft(log: string, startedAt: number): MemorySample[] {
  return [...log.matchAll(/(?<ms>\d+) ms: Mark-\D+[\d.]+ \([\d.]+\) -> (?<mb>[\d.]+)/g)].map(({ groups }) => ({
    at: startedAt + Number(groups?.ms),
    mb: Number(groups?.mb),
  }));
}

/** How a figure moved. */
export interface Drift {
  readonly startMb: number;
  readonly endMb: number;
  readonly peakMb: number;
  /** Slope of the straight line that comes closest to all values. */
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
