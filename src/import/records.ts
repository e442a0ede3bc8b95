import { parse } from 'csv-parse/sync';
import { FileRefusedError } from './file-refused.js';
import { type Line, mostBytes } from './lines.js';

/** One record of a CSV file: its fields, or why it cannot be read. */
export type CsvRecord = Fields | BadRecord;

interface Source {
  /** The number of its first line. */
  readonly line: number;
  /** Its lines, unchanged. */
  readonly source: readonly Line[];
}

export interface Fields extends Source {
  readonly fields: readonly string[];
}

export interface BadRecord extends Source {
  readonly problem: string;
}

/**
 * Joins lines into records by RFC 4180 and parses them. A quoted field may contain line breaks, so a record with such a
 * field is accepted or rejected as one: no part of a correctly quoted text can become a record of its own.
 *
 * A quote that was never closed runs into the opening quote of a later field. The line that opened it is then rejected,
 * and the next line is parsed on its own.
 *
 * @throws FileRefusedError if a quote is open for more than a megabyte: the file cannot be divided into records
 */
export async function* readRecords(
  batches: AsyncIterable<readonly Line[]>,
  delimiter: string,
): AsyncGenerator<CsvRecord[]> {
  const joiner = new Joiner(delimiter);
  for await (const batch of batches) {
    const records = joiner.add(batch);
    if (records.length > 0) yield records;
  }
  const records = joiner.end();
  if (records.length > 0) yield records;
}

class Joiner {
  private records: CsvRecord[] = [];
  /** Records of one line each, which are parsed in bulk, since parser setup is expensive. */
  private simple: Line[] = [];
  /** The lines of a record whose quote is open. */
  private open: Line[] = [];
  private openSize = 0;
  private openedAt = 0;
  private isMalformed = false;

  constructor(private readonly delimiter: string) {}

  add(lines: readonly Line[]): CsvRecord[] {
    for (const line of lines) this.addLine(line);
    return this.taken();
  }

  end(): CsvRecord[] {
    if (this.open.length > 0) {
      const problem = `opens a quote in line ${this.openedAt} that is not closed before the end of the file`;
      this.push({ ...sourceOf(this.open), problem });
    }
    return this.taken();
  }

  private taken(): CsvRecord[] {
    this.takeSimple();
    const { records } = this;
    this.records = [];
    return records;
  }

  private addLine(line: Line): void {
    if (this.open.length === 0) {
      if (line.problem === undefined && line.text.trim() === '') return;
      if (line.problem === undefined && !line.text.includes('"')) {
        this.simple.push(line);
        return;
      }
      this.isMalformed = false;
    }
    if (line.isCut) {
      const opened = this.open.length > 0 ? this.openedAt : line.number;
      if (this.open.length > 0 || line.isCut.hasOpenQuote) throw tooLong(opened);
      this.push({ ...sourceOf([line]), problem: line.problem ?? '' });
      return;
    }
    const { state, isMalformed, isOpenedHere } = scan(line.text, this.delimiter, this.open.length > 0);
    if (state === 'reopened') {
      this.retry(line);
      return;
    }
    this.isMalformed ||= isMalformed;
    this.open.push(line);
    this.openSize += line.text.length + 1;
    if (state === 'closed') this.close();
    else {
      if (isOpenedHere) this.openedAt = line.number;
      if (this.openSize > mostBytes) throw tooLong(this.openedAt);
    }
  }

  private close(): void {
    const lines = this.open;
    this.open = [];
    this.openSize = 0;
    const [line] = lines;
    if (line === undefined) return;
    const problem = lines.find(({ problem }) => problem !== undefined)?.problem;
    if (problem !== undefined || this.isMalformed) {
      this.push({ ...sourceOf(lines), problem: problem ?? 'has a quote in the wrong place' });
    } else if (lines.length === 1) this.simple.push(line);
    else this.push(this.parsed(lines));
  }

  /** Rejects the record until the line that opened the quote, and adds the lines after it again. */
  private retry(line: Line): void {
    const until = this.open.findIndex(({ number }) => number === this.openedAt) + 1;
    const [rejected, again] = [this.open.slice(0, until), this.open.slice(until)];
    this.push({ ...sourceOf(rejected), problem: 'opens a quote that is not closed' });
    this.open = [];
    this.openSize = 0;
    for (const next of [...again, line]) this.addLine(next);
  }

  private parsed(lines: readonly Line[]): CsvRecord {
    const [fields, ...more] = rows(textOf(lines), this.delimiter) ?? rows(textOf(lines), this.delimiter, true) ?? [];
    if (fields === undefined || more.length > 0) {
      return { ...sourceOf(lines), problem: 'has a quote in the wrong place' };
    }
    return { ...sourceOf(lines), fields };
  }

  private push(record: CsvRecord): void {
    this.takeSimple();
    this.records.push(record);
  }

  private takeSimple(): void {
    const { simple } = this;
    this.simple = [];
    this.split(simple);
  }

  /** Parses lines of one record each. If the parser refuses one, it is found by bisection. */
  private split(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    const found = rows(lines.map(({ text }) => text).join('\n'), this.delimiter);
    if (found?.length === lines.length) {
      for (const [index, line] of lines.entries()) {
        this.records.push({ ...sourceOf([line]), fields: found[index] ?? [] });
      }
    } else if (lines.length === 1) this.records.push(this.parsed(lines));
    else {
      const middle = lines.length >> 1;
      this.split(lines.slice(0, middle));
      this.split(lines.slice(middle));
    }
  }
}

function tooLong(opened: number): FileRefusedError {
  return new FileRefusedError(
    `Line ${opened} opens a quote that is not closed within 1 MB, so the lines after it cannot be read. Close it.`,
  );
}

interface Scanned {
  /** At the end of the line. `reopened`: the open quote met the opening quote of another field. */
  readonly state: 'closed' | 'quoted' | 'reopened';
  readonly isMalformed: boolean;
  /** Whether the last quoted field begins in this line. */
  readonly isOpenedHere: boolean;
}

/**
 * Follows the quotes of a line. A quote opens at the beginning of a field, spaces before it aside, and is closed by a
 * quote before a delimiter or the end of the line. Other quotes are malformed.
 */
function scan(text: string, delimiter: string, isOpen: boolean): Scanned {
  let isQuoted = isOpen;
  let isOpenedHere = false;
  let isMalformed = false;
  for (let at = 0; at <= text.length; ) {
    if (!isQuoted) {
      const begin = afterSpaces(text, at, delimiter);
      if (text[begin] !== '"') {
        const end = text.indexOf(delimiter, at);
        const field = end === -1 ? text.slice(at) : text.slice(at, end);
        if (field.includes('"')) isMalformed = true;
        if (end === -1) return { state: 'closed', isMalformed, isOpenedHere };
        at = end + 1;
        continue;
      }
      isQuoted = true;
      isOpenedHere = true;
      at = begin + 1;
    }
    const close = text.indexOf('"', at);
    if (close === -1) return { state: 'quoted', isMalformed, isOpenedHere };
    if (text[close + 1] === '"') {
      at = close + 2;
      continue;
    }
    const next = afterSpaces(text, close + 1, delimiter);
    isQuoted = false;
    if (next === text.length) return { state: 'closed', isMalformed, isOpenedHere };
    if (text[next] !== delimiter) {
      if (!isOpenedHere && isAtFieldStart(text, close, delimiter))
        return { state: 'reopened', isMalformed, isOpenedHere };
      isMalformed = true;
      const end = text.indexOf(delimiter, close);
      if (end === -1) return { state: 'closed', isMalformed, isOpenedHere };
      at = end + 1;
    } else at = next + 1;
  }
  return { state: 'closed', isMalformed, isOpenedHere };
}

function afterSpaces(text: string, from: number, delimiter: string): number {
  let at = from;
  while ((text[at] === ' ' || text[at] === '\t') && text[at] !== delimiter) at += 1;
  return at;
}

/** Whether only quotes are between a quote and the beginning of a field. */
function isAtFieldStart(text: string, quote: number, delimiter: string): boolean {
  let at = quote;
  while (text[at - 1] === '"') at -= 1;
  return at === 0 || text[at - 1] === delimiter;
}

function rows(text: string, delimiter: string, trim = false): string[][] | undefined {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true, trim });
  } catch {
    return undefined; // the error is dropped: it quotes the line, which may contain names
  }
}

function sourceOf(lines: readonly Line[]): Source {
  return { line: lines[0]?.number ?? 0, source: lines };
}

/** The text of a record, without the line break at its end. */
function textOf(lines: readonly Line[]): string {
  return lines.map(({ text, end }, index) => (index < lines.length - 1 ? text + end : text)).join('');
}
