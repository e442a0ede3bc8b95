/**
 * Reads a date as ChartMogul does: date only, `2015-11-01 00:00:00`, the same with ` UTC`, and RFC 3339 with `Z` or an
 * offset. Gives milliseconds since 1970, or undefined for anything else, days that do not exist included.
 *
 * @param offsetMinutes the zone of a value that names none; whether ChartMogul means UTC is not documented
 */
export declare function parseDate(text: string, offsetMinutes: number): number | undefined;
/** RFC 3339 with milliseconds and `Z`, as all snake_case dates come out. */
export declare function formatDate(time: number): string;
export declare function formatDate(time: number | null): string | null;
/** RFC 3339 without milliseconds and with an offset: only `customer-since` looks so. */
export declare function formatSince(time: number | null): string | null;
