/**
 * Which `--date-format` could read a date. A format is only suggested, never used: whoever exported the file knows
 * whether 5/1 is in January or in May.
 *
 * @returns undefined if the text has no known form
 */
export function suggestedFormat(text: string): string | undefined {
  if (/^\d{10}(?:\.\d+)?$/.test(text)) return 'looks like seconds since 1970: pass --date-format epoch-seconds';
  if (/^\d{13}$/.test(text)) return 'looks like milliseconds since 1970: pass --date-format epoch-milliseconds';
  if (/^[345]\d{4}(?:[.,]\d+)?$/.test(text)) return 'looks like a serial number of Excel: pass --date-format excel';
  const groups = written.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { time = '' } = groups;
  const pass = (date: string) => `--date-format "${date}${timeFormat(time)}"`;
  const { leading, separator = leading ?? '', one, other, year = '' } = groups;
  const yearFormat = year.length === 2 ? 'YY' : 'YYYY';
  if (leading !== undefined) return `looks like year, month, day: pass ${pass(`YYYY${leading}M${leading}D`)}`;
  const monthFirst = `M${separator}D${separator}${yearFormat}`;
  const dayFirst = `D${separator}M${separator}${yearFormat}`;
  const [isDayFirst, isMonthFirst] = [Number(one) > 12, Number(other) > 12];
  if (isDayFirst && isMonthFirst) return undefined;
  // With points, the day is first everywhere.
  if (isDayFirst || (separator === '.' && !isMonthFirst)) return `looks like day, month, year: pass ${pass(dayFirst)}`;
  if (isMonthFirst) return `looks like month, day, year: pass ${pass(monthFirst)}`;
  const either = `pass ${pass(monthFirst)} if the month is first, or ${pass(dayFirst)} if the day is`;
  return `can be month/day or day/month, which cannot be told apart: ${either}`;
}

const written =
  /^(?:\d{4}(?<leading>[/.])\d\d?\k<leading>\d\d?|(?<one>\d\d?)(?<separator>[/.-])(?<other>\d\d?)\k<separator>(?<year>\d{4}|\d\d))(?<time>(?:,? |T)\d\d?:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?)?$/;

function timeFormat(time: string): string {
  if (time === '') return '';
  const [, before = '', clock = '', , half = ''] = /^(\D+)(\d+:\d\d(:\d\d)?)( ?[APap][Mm])?$/.exec(time) ?? [];
  const hasSeconds = clock.split(':').length === 3;
  const hour = half === '' ? 'H' : 'h';
  const halfFormat = half.replace(/[AP]M/, 'A').replace(/[ap]m/, 'a');
  return `${before === 'T' ? '[T]' : before}${hour}:mm${hasSeconds ? ':ss' : ''}${halfFormat}`;
}
