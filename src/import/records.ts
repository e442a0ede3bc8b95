import { parse } from 'csv-parse/sync';
import type { Line } from './lines.js';

/** One record of a CSV file: its fields, or the text of a line that cannot be parsed, and why. */
export type CsvRecord =
  | { readonly line: number; readonly fields: readonly string[] }
  | { readonly line: number; readonly text: string; readonly problem: string };

export interface RecordRules {
  readonly delimiter: string;
  /** The number of fields of a record. Absent for the header. */
  readonly width?: number;
  /** Whether the field at this position may contain line breaks. */
  readonly mayBreak: (field: number) => boolean;
}

/** The maximum number of lines of a field with line breaks. After that, its quote counts as never closed. */
const linesAhead = 200;

/**
 * Joins lines into records and parses them, by RFC 4180. A bad line does not affect other lines: by the RFC, a quote
 * that is opened by mistake would include all lines up to the next quote. So a record of several lines is valid only if
 * it has the right number of fields, and line breaks only in fields that may contain them. Otherwise its first line is
 * bad, and the next line is parsed on its own.
 */
export async function* readRecords(
  batches: AsyncIterable<readonly Line[]>,
  rules: RecordRules,
): AsyncGenerator<CsvRecord[]> {
  let waiting: readonly Line[] = [];
  for await (const batch of batches) {
    const { records, rest } = take(waiting.length > 0 ? [...waiting, ...batch] : batch, rules, false);
    waiting = rest;
    if (records.length > 0) yield records;
  }
  const { records } = take(waiting, rules, true);
  if (records.length > 0) yield records;
}

interface Taken {
  readonly records: CsvRecord[];
  /** Lines to parse again together with the lines that follow. */
  readonly rest: readonly Line[];
}

function take(lines: readonly Line[], rules: RecordRules, isEnd: boolean): Taken {
  const records: CsvRecord[] = [];
  let simple: Line[] = [];
  const takeSimple = () => {
    for (const record of split(simple, rules)) records.push(record);
    simple = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    if (line === undefined || (line.problem === undefined && line.text.trim() === '')) continue;
    if (line.problem === undefined && !leavesQuoteOpen(line)) {
      simple.push(line);
      continue;
    }
    takeSimple();
    if (line.problem !== undefined) {
      records.push(bad(line, line.problem));
      continue;
    }
    const end = closing(lines, index);
    if (end === undefined && !isEnd && lines.length - index < linesAhead) return { records, rest: lines.slice(index) };
    const broken = end === undefined ? undefined : splitBroken(lines.slice(index, end + 1), rules);
    records.push(broken ?? bad(line, 'opens a quote that is not closed in the same line'));
    if (broken && end !== undefined) index = end;
  }
  takeSimple();
  return { records, rest: [] };
}

/** Parses lines of one record each, in bulk, since parser setup is expensive. A bad line is found by bisection. */
function split(lines: readonly Line[], rules: RecordRules): CsvRecord[] {
  const [line] = lines;
  if (line === undefined) return [];
  const rows = parsed(lines, rules);
  if (rows !== undefined && rows.length === lines.length) {
    return rows.map((fields, index) => checked(lines[index] ?? line, fields, rules));
  }
  if (lines.length === 1) return [bad(line, 'has a quote in the wrong place')];
  const middle = lines.length >> 1;
  return [...split(lines.slice(0, middle), rules), ...split(lines.slice(middle), rules)];
}

/** A record of several lines, if they form a valid one. */
function splitBroken(lines: readonly Line[], rules: RecordRules): CsvRecord | undefined {
  const [line] = lines;
  const [fields, ...more] = parsed(lines, rules) ?? [];
  if (line === undefined || fields === undefined || more.length > 0) return undefined;
  const isWhole = rules.width === undefined || fields.length === rules.width;
  const breaksWell = fields.every((field, place) => !field.includes('\n') || rules.mayBreak(place));
  return isWhole && breaksWell ? { line: line.number, fields } : undefined;
}

function parsed(lines: readonly Line[], { delimiter }: RecordRules): string[][] | undefined {
  const text = lines.map(({ text }) => text).join('\n');
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true });
  } catch {
    return undefined; // the error is dropped: it quotes the line, which may contain names
  }
}

function checked(line: Line, fields: readonly string[], { width = fields.length }: RecordRules): CsvRecord {
  if (fields.length === width) return { line: line.number, fields };
  return bad(line, `has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, but the header has ${width}`);
}

function bad(line: Line, problem: string): CsvRecord {
  return { line: line.number, text: line.text, problem };
}

/** The index of the line that closes the quote of the line at `opened`. */
function closing(lines: readonly Line[], opened: number): number | undefined {
  const last = Math.min(lines.length, opened + linesAhead);
  for (let index = opened + 1; index < last; index += 1) {
    const line = lines[index];
    if (line === undefined || line.problem !== undefined) return undefined;
    if (leavesQuoteOpen(line)) return index;
  }
  return undefined;
}

/** In RFC 4180 every quote opens or closes, even a doubled one, so an odd number leaves a quote open. */
function leavesQuoteOpen({ text }: Line): boolean {
  let isOpen = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) isOpen = !isOpen;
  return isOpen;
}
