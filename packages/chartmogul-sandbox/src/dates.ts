const dateForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads a date as ChartMogul does: date only, `2015-11-01 00:00:00`, the same with ` UTC`, and RFC 3339 with `Z` or an
 * offset. Returns milliseconds since 1970, or undefined if the text is not a date or the day does not exist.
 *
 * @param offsetMinutes the zone of a value without one; whether ChartMogul means UTC is not documented
 */
export function parseDate(text: string, offsetMinutes: number): number | undefined {
  const match = dateForm.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] = match;
  const milliseconds = Math.trunc(Number(`0.${fraction}`) * 1000);
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  local.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  // A month 13 or a 30th of February rolls over into another date instead of failing.
  const [date, time] = [
    `${year}-${month}-${day}`,
    [hour, minute, second].map((part) => part.padStart(2, '0')).join(':'),
  ];
  if (!local.toISOString().startsWith(`${date}T${time}`)) return undefined;
  return local.getTime() - minutesOf(zone, offsetMinutes) * 60_000;
}

function minutesOf(zone: string | undefined, fallback: number): number {
  if (zone === undefined) return fallback;
  if (/^(z|utc)$/i.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || '0');
  return zone.startsWith('-') ? -minutes : minutes;
}

/** RFC 3339 with milliseconds and `Z`, as in all snake_case dates. */
export function formatDate(time: number): string;
export function formatDate(time: number | null): string | null;
export function formatDate(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** RFC 3339 without milliseconds and with an offset: only `customer-since` has this format. */
export function formatSince(time: number | null): string | null {
  return time === null ? null : `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}
