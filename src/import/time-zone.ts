import { FileRefusedError } from './file-refused.js';

/** The instant of a local time, and whether that local time was skipped or occurred twice. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly isShifted?: 'skipped' | 'repeated';
}

/**
 * The local time of one IANA time zone since the year 2000.
 *
 * If clocks go forward, a skipped time moves forward by the same amount: 02:30 becomes 03:30, and a day whose start is
 * skipped starts after the change. If clocks go back, a time that occurs twice means its first occurrence.
 */
export class TimeZone {
  /** The offset changes, ascending; offsets are in milliseconds east of UTC. */
  private readonly changes: readonly { readonly at: number; readonly offset: number }[];

  /** @throws FileRefusedError if the zone is unknown */
  constructor(readonly name: string) {
    this.changes = changesOf(formatterOf(name));
  }

  /** @param wallClock the local time, as if it were UTC, in milliseconds since the epoch */
  read(wallClock: number): Moment {
    const [before, after] = [this.offsetAt(wallClock - day), this.offsetAt(wallClock + day)];
    const meant = [...new Set([before, after])]
      .map((offset) => ({ at: wallClock - offset, offset }))
      .filter(({ at, offset }) => this.offsetAt(at) === offset)
      .map(({ at }) => at)
      .sort((one, other) => one - other);
    const [first] = meant;
    if (first === undefined) return { at: wallClock - before, isShifted: 'skipped' };
    return meant.length === 1 ? { at: first } : { at: first, isShifted: 'repeated' };
  }

  /** The local time at an instant in milliseconds since the epoch: `2016-02-10 06:15:10`. */
  write(at: number): string {
    return new Date(at + this.offsetAt(at)).toISOString().slice(0, 19).replace('T', ' ');
  }

  private offsetAt(at: number): number {
    let [low, high] = [0, this.changes.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.changes[middle]?.at ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return this.changes[low]?.offset ?? 0;
  }
}

const day = 24 * 60 * 60 * 1000;
const since = Date.parse('1999-12-01T00:00:00Z');

/**
 * Finds all changes since 2000 once, because an Intl call for each date would dominate the run time. In steps of one
 * week, since Morocco changes its clocks for the month of Ramadan only.
 */
function changesOf(format: Intl.DateTimeFormat): { at: number; offset: number }[] {
  let offset = offsetOf(format, since);
  const changes = [{ at: since, offset }];
  for (let week = since; week < Date.now() + 7 * day; week += 7 * day) {
    const next = week + 7 * day;
    if (offsetOf(format, next) === offset) continue;
    let [low, high] = [week, next];
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetOf(format, middle) === offset) low = middle;
      else high = middle;
    }
    offset = offsetOf(format, next);
    changes.push({ at: high, offset });
  }
  return changes;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  try {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', second: 'numeric', ...numeric });
  } catch {
    throw new FileRefusedError(`Unknown time zone ${timeZone}: use an IANA name, for example UTC or Europe/Berlin.`);
  }
}

function offsetOf(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const [year = 0, month = 1, ...time] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map((type) =>
    parts.get(type),
  );
  const [dayOfMonth = 1, hour = 0, minute = 0, second = 0] = time;
  return Date.UTC(year, month - 1, dayOfMonth, hour, minute, second) - at;
}
