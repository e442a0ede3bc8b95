/** Memory of the gateway at one moment. */
export interface MemorySample {
  /** Since the beginning of the load. */
  readonly seconds: number;
  readonly residentMb: number;
  readonly heapMb: number;
}

const mb = 1024 ** 2;

/** Looks at the gateway's own metrics every so often, until it is stopped. */
export function watchMemory(operationsUrl: string, everyMs: number): { stop(): Promise<MemorySample[]> } {
  const samples: MemorySample[] = [];
  const began = Date.now();
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    const text = await (await fetch(`${operationsUrl}/metrics`)).text();
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]) / mb;
    samples.push({
      seconds: (Date.now() - began) / 1000,
      residentMb: value('process_resident_memory_bytes'),
      heapMb: value('nodejs_heap_size_used_bytes'),
    });
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

/** How a figure moved: its floor in the first and in the last fifth, and the slope of the floors between, in MB a minute. */
export interface Drift {
  readonly startMb: number;
  readonly endMb: number;
  readonly mbPerMinute: number;
}

const windows = 10;

/**
 * The drift after the warm-up. Memory rises until the collector comes by, so what tells of a leak are the lowest values of
 * each tenth of the time.
 */
export function driftOf(samples: readonly MemorySample[], of: 'residentMb' | 'heapMb', warmUpSeconds: number): Drift {
  const [first, last] = [warmUpSeconds, samples.at(-1)?.seconds ?? 0];
  const width = (last - first) / windows;
  const floors = Array.from({ length: windows }, (_, index) => {
    const from = first + index * width;
    const within = samples.filter(({ seconds }) => seconds >= from && seconds <= from + width);
    return { minute: (from + width / 2) / 60, mb: Math.min(...within.map((sample) => sample[of])) };
  }).filter(({ mb: floor }) => Number.isFinite(floor));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(floors.map(({ minute }) => minute)), mean(floors.map((floor) => floor.mb))];
  const rise = floors.reduce((sum, { minute, mb: floor }) => sum + (minute - middle) * (floor - level), 0);
  const run = floors.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0);
  return { startMb: floors[0]?.mb ?? Number.NaN, endMb: floors.at(-1)?.mb ?? Number.NaN, mbPerMinute: rise / run };
}
