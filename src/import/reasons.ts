export interface RemarkCount {
  readonly count: number;
  /** The first lines. */
  readonly lines: readonly number[];
}

export interface ReasonCount extends RemarkCount {
  readonly reason: string;
}

/** The number of different reasons, as a bound: some name a number of fields or a line. */
const mostReasons = 50;
const otherReasons = 'has another problem, see the copy';

/** Counts lines by reason, in bounded memory. */
export class ReasonCounts {
  private readonly counts = new Map<string, { count: number; lines: number[] }>();

  /** @param shown the number of examples of each reason */
  constructor(private readonly shown = 10) {}

  add(reason: string, line: number): void {
    const counted = this.counts.get(reason) ?? this.counts.get(otherReasons) ?? { count: 0, lines: [] };
    if (counted.count === 0) this.counts.set(this.counts.size < mostReasons ? reason : otherReasons, counted);
    counted.count += 1;
    if (counted.lines.length < this.shown) counted.lines.push(line);
  }

  sorted(): ReasonCount[] {
    const reasons = [...this.counts].map(([reason, counted]) => ({ reason, ...counted }));
    return reasons.sort((one, other) => other.count - one.count || (one.lines[0] ?? 0) - (other.lines[0] ?? 0));
  }
}
