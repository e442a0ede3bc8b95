import dayjs from 'dayjs';
import customParseFormat from 'dayjs/plugin/customParseFormat.js';
import utc from 'dayjs/plugin/utc.js';
import { FileRefusedError } from './file-refused.js';

dayjs.extend(customParseFormat);
dayjs.extend(utc);

/** A date by a named format: a local time, as if it were UTC, or an instant. In milliseconds since the epoch. */
export type NamedDate = { readonly wallClock: number } | { readonly at: number };

/** A format of `--date-format`. */
export interface DateFormat {
  readonly name: string;
  /** The date, or undefined if the text does not fit the format. */
  read(text: string): NamedDate | undefined;
  /** The day of a text that fits the format except that the day may not exist, as `2016-02-30`. */
  dayOf(text: string): string | undefined;
}

/** Formats that are numbers. */
const numbers = {
  'epoch-seconds': (text) => (/^\d{9,10}(?:\.\d+)?$/.test(text) ? { at: Math.floor(Number(text)) * 1000 } : undefined),
  'epoch-milliseconds': (text) => (/^\d{12,13}(?:\.0+)?$/.test(text) ? { at: Number(text) } : undefined),
  // Days since 1899-12-30 in the 1900 system. The fraction is the time of the day, rounded by the spreadsheet.
  excel: (text) => {
    if (!/^\d{5}(?:[.,]\d+)?$/.test(text)) return undefined;
    const days = Number(text.replace(',', '.')) - daysUntil1970;
    return { wallClock: Math.round(days * 24 * 60 * 60) * 1000 };
  },
} satisfies Record<string, DateFormat['read']>;
const daysUntil1970 = 25_569;

/**
 * Reads `--date-format`: the tokens of Day.js, or the name of a format that is a number.
 *
 * @throws FileRefusedError if a date in this format would not have exactly one meaning
 */
export function readDateFormat(name: string): DateFormat {
  const number = Object.entries(numbers).find(([known]) => known === name.toLowerCase());
  if (number !== undefined) return { name: number[0], read: number[1], dayOf: () => undefined };
  const tokens = tokensOf(name);
  const problem = problemOf(tokens);
  if (problem !== undefined) throw new FileRefusedError(`Invalid --date-format ${name}: ${problem}`);
  const [local, offset] = splitOffset(name);
  const forms = withLeadingZeros(local);
  const shape = shapeOf(tokensOf(local));
  return {
    name,
    read: (text) => {
      const [written, east] = offset ? withoutOffset(text) : [text, undefined];
      if (offset && east === undefined) return undefined;
      // Strict: the date, written in the format again, must be the same text. Therefore it also exists.
      const date = readStrictly(written, forms);
      if (date === undefined) return undefined;
      return east === undefined ? { wallClock: date.valueOf() } : { at: date.valueOf() - east };
    },
    dayOf: (text) => dayOf(shape.exec(offset ? withoutOffset(text)[0] : text)?.groups),
  };
}

function readStrictly(text: string, forms: string[]): dayjs.Dayjs | undefined {
  for (const [place, form] of forms.entries()) {
    const date = dayjs.utc(text, form, true);
    if (!date.isValid()) continue;
    // The next date most likely has the same form, and Day.js is slow.
    if (place > 0) forms.unshift(...forms.splice(place, 1));
    return date;
  }
  return undefined;
}

/** `[text]`, a token, or a separator. */
function tokensOf(format: string): string[] {
  return format.match(/\[[^\]]*\]|([A-Za-z])\1*|[^A-Za-z[]+|\[/g) ?? [];
}

const known = new Set(
  ['YYYY YY', 'MMMM MMM MM M', 'DD D', 'HH H hh h', 'mm m', 'ss s', 'SSS', 'A a', 'Z ZZ'].flatMap((kind) =>
    kind.split(' '),
  ),
);
const example = 'for example "DD.MM.YYYY HH:mm" or "M/D/YYYY h:mm A"';

function problemOf(tokens: readonly string[]): string | undefined {
  const unknown = tokens.find((token) => /^[A-Za-z]/.test(token) && !known.has(token));
  if (unknown !== undefined) {
    const words = `${Object.keys(numbers).slice(0, -1).join(', ')} or excel`;
    return `${unknown} is unknown. Use ${words}, or the tokens of Day.js, ${example}; other text goes in [brackets].`;
  }
  const counts = new Map<string, number>();
  for (const token of tokens) {
    const part = partOf(token);
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const missing = ['year', 'month', 'day'].find((part) => !counts.has(part));
  if (missing !== undefined) return `it has no ${missing}; ${example}.`;
  const twice = [...counts].find(([, count]) => count > 1);
  if (twice !== undefined) return `it has more than one ${twice[0]}; ${example}.`;
  const isTwelve = tokens.some((token) => /^hh?$/.test(token));
  if (isTwelve !== counts.has('AM or PM')) return 'h and hh require A or a (AM or PM); use H or HH for 0 to 23.';
  if (counts.has('minute') && !counts.has('hour')) return 'it has minutes, but no hour.';
  if (counts.has('offset') && !/^ZZ?$/.test(tokens.at(-1) ?? '')) return 'Z must be at its end.';
  return undefined;
}

function partOf(token: string): string | undefined {
  const [part] =
    Object.entries({
      ...{ year: /^Y/, month: /^M/, day: /^D/, hour: /^[Hh]/, minute: /^m/, second: /^s/, fraction: /^S/ },
      ...{ 'AM or PM': /^[Aa]/, offset: /^Z/ },
    }).find(([, form]) => form.test(token)) ?? [];
  return part;
}

/** The formats with which leading zeros are optional for tokens of one letter, in the date and in the time. */
function withLeadingZeros(format: string): string[] {
  const padded = (text: string, letters: RegExp) =>
    tokensOf(text)
      .map((token) => (letters.test(token) ? token + token : token))
      .join('');
  const date = padded(format, /^[MD]$/);
  return [...new Set([format, date, padded(format, /^[Hhms]$/), padded(date, /^[Hhms]$/)])];
}

/** Day.js cannot compare an offset strictly, so that it is read here. */
function splitOffset(format: string): [local: string, hasOffset: boolean] {
  return /Z$/.test(format) ? [format.replace(/ ?Z+$/, ''), true] : [format, false];
}

/** @returns the text before the offset, and the milliseconds east of UTC */
function withoutOffset(text: string): [local: string, east: number | undefined] {
  const [all, zulu, sign, hours = '', minutes = ''] = / ?(?:(Z|UTC)|([+-])(\d\d):?(\d\d))$/.exec(text) ?? [];
  if (all === undefined) return [text, undefined];
  const local = text.slice(0, -all.length);
  if (zulu !== undefined) return [local, 0];
  if (Number(hours) > 23 || Number(minutes) > 59) return [local, undefined];
  return [local, (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Finds the day in a text that Day.js refuses, to say why. */
function shapeOf(tokens: readonly string[]): RegExp {
  const parts = tokens.map((token) => {
    if (/^Y/.test(token)) return `(?<year>\\d{${token.length}})`;
    if (/^MMM/.test(token)) return '(?<month>[A-Za-z]{3,})';
    if (/^M/.test(token)) return '(?<month>\\d\\d?)';
    if (/^D/.test(token)) return '(?<day>\\d\\d?)';
    if (/^[A-Za-z]/.test(token)) return /^[Aa]/.test(token) ? '[AaPp][Mm]' : '\\d{1,3}';
    return token.replace(/^\[|\]$/g, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

function dayOf(parts: Record<string, string> | undefined): string | undefined {
  if (parts === undefined) return undefined;
  const { year = '', month = '', day = '' } = parts;
  const number = /^\d/.test(month) ? month : String(months.indexOf(month.slice(0, 3).toLowerCase()) + 1);
  return `${year.padStart(4, '20')}-${number.padStart(2, '0')}-${day.padStart(2, '0')}`;
}
