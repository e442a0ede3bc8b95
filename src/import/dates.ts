import { daysIn, formatInstant, readInstant } from '../domain/journey/instant.js';
import type { DateFormat } from './date-format.js';
import { suggestedFormat } from './date-guess.js';
import type { Moment, TimeZone } from './time-zone.js';

/** A date in the form of reports, or its problem. Text that is not a date stays unchanged for report validation. */
export interface ReadDate {
  readonly text: string;
  readonly isShifted?: Moment['isShifted'];
  readonly problem?: string;
}

const written =
  /^(?<date>\d{4}-\d\d-\d\d)(?:[Tt ](?<time>\d\d:\d\d)(?<seconds>:\d\d)?(?:\.\d{1,9})? ?(?<zone>[Zz]|UTC|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * Reads a date in the format of `--date-format`. Without one, reads the dates of exports: RFC 3339, and its database
 * variants (a space for the T, `+00` for the offset, no seconds). With a time zone, it also reads dates without one, and
 * days alone, which mean the start of the day.
 *
 * @param remedy what to say of another format. Default: the `--date-format` that may read it
 */
export function readDate(value: string, zone: TimeZone | undefined, format?: DateFormat, remedy?: string): ReadDate {
  return format === undefined ? readExported(value, zone, remedy) : readNamed(value, zone, format);
}

function readNamed(value: string, zone: TimeZone | undefined, format: DateFormat): ReadDate {
  const read = format.read(value);
  if (read === undefined) {
    const day = format.dayOf(value);
    const dayProblem = day === undefined ? undefined : noSuchDay(day);
    const inFormat = `--date-format "${format.name}"`;
    return { text: value, problem: dayProblem ? `${dayProblem} (in ${inFormat})` : `does not fit ${inFormat}` };
  }
  return 'at' in read ? { text: formatInstant(new Date(read.at)) } : inZone(read.wallClock, zone, value);
}

function readExported(value: string, zone: TimeZone | undefined, remedy?: string): ReadDate {
  const { date, time = '00:00', seconds = ':00', zone: named } = written.exec(value)?.groups ?? {};
  if (date === undefined) return unread(value, zone, remedy);
  const wallClock = `${date}T${time}${seconds}`;
  const problem = noSuchDay(date);
  if (problem !== undefined) return { text: value, problem };
  if (named !== undefined) return { text: `${wallClock}${offset(named)}` };
  const asUtc = readInstant(`${wallClock}Z`);
  // Report validation rejects a time that does not exist, with its usual message.
  return asUtc === undefined && zone !== undefined ? { text: value } : inZone(Date.parse(asUtc ?? ''), zone, value);
}

/** @param wallClock a local time, as if it were UTC, in milliseconds since the epoch */
function inZone(wallClock: number, zone: TimeZone | undefined, value: string): ReadDate {
  if (zone === undefined) return { text: value, problem: 'has no time zone; pass --time-zone' };
  const { at, isShifted } = zone.read(wallClock);
  return { text: formatInstant(new Date(at)), ...(isShifted && { isShifted }) };
}

function unread(value: string, zone: TimeZone | undefined, remedy?: string): ReadDate {
  const suggestion = suggestedFormat(value);
  if (suggestion === undefined) return { text: value };
  if (remedy !== undefined) return { text: value, problem: `is not RFC 3339 and ${remedy}` };
  const andZone = zone === undefined && !suggestion.includes('epoch') ? '; it also needs --time-zone' : '';
  return { text: value, problem: `is not RFC 3339 and ${suggestion}${andZone}` };
}

/** Why a day is not in the calendar, or undefined. */
function noSuchDay(date: string): string | undefined {
  const [year, month, day] = [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8))];
  if (month < 1 || month > 12) return `has month ${month}, which does not exist`;
  if (day >= 1 && day <= daysIn(year, month)) return undefined;
  const name = new Intl.DateTimeFormat('en-US', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, month - 1));
  return `is not a date: ${name} ${year} has no day ${day}`;
}

function offset(named: string): string {
  if (/^(?:z|utc)$/i.test(named)) return 'Z';
  const digits = named.replace(':', '');
  return `${digits.slice(0, 3)}:${digits.slice(3).padEnd(2, '0')}`;
}
