import { FileRefusedError } from './file-refused.js';

/** The moment that a wall clock meant, and whether it showed that time never, or twice. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly isShifted?: 'skipped' | 'repeated';
}

/**
 * The clocks of one IANA time zone since the year 2000.
 *
 * Where clocks go forward, a time that they skipped counts as so much later: 02:30 becomes 03:30, and a day that begins
 * with the jump begins after it. Where they go back, a time that they showed twice is the first of the two.
 */
export class TimeZone {
  /** When the offset changed, and to how many milliseconds east of UTC; ascending. */
  private readonly changes: readonly { readonly at: number; readonly offset: number }[];

  /** @throws FileRefusedError if there is no such zone */
  constructor(name: string) {
    this.changes = changesOf(formatterOf(name));
  }

  /** @param wallClock what the clocks show, as if it were UTC, in milliseconds since the epoch */
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
 * All changes from 2000 on, found once: to ask Intl for each date would take longer than everything else. By weeks, since
 * Morocco's clocks go back for the month of Ramadan alone.
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
    throw new FileRefusedError(
      `There is no time zone ${timeZone}: give an IANA name, for example UTC or Europe/Berlin.`,
    );
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
