/**
 * Measures all variants once per round, in an order that rotates each round, so that other load on the machine and
 * growth over time affect all variants equally. The ratio of two variants of the same round holds on any machine: see
 * {@link ratioOf}.
 */
export interface Alternating<Variants> {
  /** At least 5 to report a ratio. */
  readonly rounds: number;
  /** Rounds whose samples are discarded, while caches fill and code is compiled. Default: 1. */
  readonly warmUps?: number;
  /** The function that measures each variant once, by name. */
  readonly variants: Variants;
  readonly onRound?: (round: number, ofRounds: number) => void;
}

type Measurements = Readonly<Record<string, () => Promise<unknown>>>;
type Samples<Variants extends Measurements> = { [name in keyof Variants]: Awaited<ReturnType<Variants[name]>>[] };

/** Returns the samples of each variant, one per round. */
export async function alternate<Variants extends Measurements>(
  options: Alternating<Variants>,
): Promise<Samples<Variants>> {
  const { rounds, warmUps = 1, variants, onRound } = options;
  const names = Object.keys(variants);
  const samples: Record<string, unknown[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    onRound?.(round + warmUps, rounds + warmUps);
    const first = (round + warmUps) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const sample = await variants[name]?.();
      if (round >= 0) samples[name]?.push(sample);
    }
  }
  return samples as Samples<Variants>; // all variants are set above
}

/** Minimum, median and maximum of a figure. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly runs: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return {
    min: percentile(values, 0),
    median: percentile(values, 50),
    max: percentile(values, 100),
    runs: values.length,
  };
}

/** The spread of the ratios within each round. A ratio of two medians would mix different rounds. */
export function ratioOf(figures: readonly number[], toFigures: readonly number[]): Spread {
  return spreadOf(figures.map((figure, round) => figure / (toFigures[round] ?? Number.NaN)));
}

/** A percentile, interpolated linearly between two values. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((one, other) => one - other);
  const place = (percent / 100) * (sorted.length - 1);
  const [below = Number.NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}
