import { formatInstant, readInstant } from '../domain/journey/instant.js';
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
 * Reads the dates of exports: RFC 3339, and its database variants (a space for the T, `+00` for the offset, no
 * seconds). With a time zone, it also reads dates without one, and days alone, which mean the start of the day.
 */
export function readDate(value: string, zone: TimeZone | undefined): ReadDate {
  const { date, time = '00:00', seconds = ':00', zone: named } = written.exec(value)?.groups ?? {};
  if (date === undefined) return { text: value };
  const wallClock = `${date}T${time}${seconds}`;
  const problem = noSuchDay(date);
  if (problem !== undefined) return { text: value, problem };
  if (named !== undefined) return { text: `${wallClock}${offset(named)}` };
  if (zone === undefined) return { text: value, problem: 'has no time zone; pass --time-zone' };
  // Report validation rejects a time that does not exist, with its usual message.
  const asUtc = readInstant(`${wallClock}Z`);
  if (asUtc === undefined) return { text: value };
  const { at, isShifted } = zone.read(Date.parse(asUtc));
  return { text: formatInstant(new Date(at)), ...(isShifted && { isShifted }) };
}

/** Why a day is not in the calendar, or undefined. */
function noSuchDay(date: string): string | undefined {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  if (month < 1 || month > 12) return `has month ${month}, which does not exist`;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day >= 1 && day <= last) return undefined;
  const name = new Intl.DateTimeFormat('en-US', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, month - 1));
  return `is not a date: ${name} ${year} has no day ${day}`;
}

function offset(named: string): string {
  if (/^(?:z|utc)$/i.test(named)) return 'Z';
  const digits = named.replace(':', '');
  return `${digits.slice(0, 3)}:${digits.slice(3).padEnd(2, '0')}`;
}
