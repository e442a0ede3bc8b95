/**
 * A moment in whole seconds UTC, always formatted as `2016-02-10T05:15:10Z`.
 *
 * A string, because it is readable in the Web UI, survives JSON, and sorts chronologically: `<` compares two instants.
 */
export type Instant = string;

/** The required date format, for error messages. */
export const instantForm = 'RFC 3339 with an offset, for example 2016-02-10T05:15:10Z or 2016-02-10T06:15:10+01:00';

/** No fact can be older: an earlier date is a zero epoch or a typo. */
export const earliestInstant: Instant = '2000-01-01T00:00:00Z';

/** How far a reporting machine's clock may be ahead of ours. */
const clockSkewMs = 5 * 60 * 1000;

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Parses an RFC 3339 date-time with an offset and truncates it to the second.
 *
 * @returns undefined for anything else: epoch numbers, dates without a time or offset, days that do not exist.
 */
export function readInstant(value: unknown): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  const match = rfc3339.exec(value);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, , zone = 'Z'] = match;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  const isDay = Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month));
  const offset = offsetMinutes(zone);
  if (!isTime || !isDay || offset === undefined) return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  if (offset === 0) return local;
  const utc = new Date(Date.parse(local) - offset * 60_000);
  // An offset can move the year outside four digits, where strings no longer sort chronologically.
  return utc.getUTCFullYear() < 0 || utc.getUTCFullYear() > 9999 ? undefined : formatInstant(utc);
}

/** The days of a month, counted from 1; 0 if there is no such month. */
export function daysIn(year: number, month: number): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** Why a date is implausible, or undefined if it is plausible. `now` in milliseconds since the epoch. */
export function implausible(instant: Instant, now: number): string | undefined {
  if (instant < earliestInstant) return `must not be before ${earliestInstant}`;
  if (Date.parse(instant) > now + clockSkewMs) return 'must not be in the future';
  return undefined;
}

export function formatInstant(date: Date): Instant {
  return `${date.toISOString().slice(0, 19)}Z`;
}

export function earliest(...instants: (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const instant of instants) {
    if (instant !== undefined && (first === undefined || instant < first)) first = instant;
  }
  return first;
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
