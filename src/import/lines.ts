import { createReadStream } from 'node:fs';
import { type TextFormat, toUtf8 } from './encoding.js';

/** One line of a file, unchanged but without its line break. */
export interface Line {
  /** Starts at 1. */
  readonly number: number;
  readonly text: string;
  /** The line break; empty at the end of the file. */
  readonly end: string;
  /** Why the line cannot be read. */
  readonly problem?: string;
  /** The bytes of a line that is not valid in the file's encoding. */
  readonly bytes?: Buffer;
  /** The line is too long, so the rest of its text is absent. Whether that leaves a quote open. */
  readonly isCut?: { readonly hasOpenQuote: boolean };
}

export interface LineFormat extends TextFormat {
  /** The last character of a line break: LF for LF, CRLF and CR CR LF, CR for old exports from Excel on a Mac. */
  readonly lineEnd: '\n' | '\r';
}

/** The maximum size of a line or record: enough for every export, and a bound for the memory. */
export const mostBytes = 1024 * 1024;

const quote = 0x22;

/**
 * Reads a text file in batches of lines, in constant memory, whatever it contains. A line that is not valid in the
 * file's encoding, or too long, has a problem.
 */
export async function* readLines(file: string, format: LineFormat): AsyncGenerator<Line[]> {
  const reader = new LineReader(format);
  for await (const chunk of toUtf8(createReadStream(file), format)) {
    const lines = reader.read(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}

class LineReader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private readonly endByte: number;
  private taken = 0;
  /** The beginning of a line whose end has not been read yet. */
  private begun: Buffer = Buffer.alloc(0);
  private isTooLong = false;
  private quotes = 0;

  constructor(private readonly format: LineFormat) {
    this.endByte = format.lineEnd.charCodeAt(0);
  }

  read(chunk: Buffer): Line[] {
    const end = chunk.lastIndexOf(this.endByte);
    if (end === -1) {
      this.begin(chunk);
      return [];
    }
    const first = chunk.indexOf(this.endByte);
    if (this.isTooLong) this.countQuotes(chunk.subarray(0, first));
    const lines = this.isTooLong
      ? [this.cut(), ...(first < end ? this.lines(chunk.subarray(first + 1, end), true) : [])]
      : this.lines(Buffer.concat([this.begun, chunk.subarray(0, end)]), true);
    this.begun = Buffer.alloc(0);
    this.isTooLong = false;
    this.begin(chunk.subarray(end + 1));
    return lines;
  }

  end(): Line[] {
    if (this.isTooLong) return [this.cut()];
    return this.begun.length > 0 ? this.lines(this.begun, false) : [];
  }

  private begin(rest: Buffer): void {
    if (this.isTooLong) {
      this.countQuotes(rest);
      return;
    }
    this.begun = this.begun.length > 0 ? Buffer.concat([this.begun, rest]) : rest;
    if (this.begun.length <= mostBytes) return;
    this.isTooLong = true;
    this.quotes = 0;
    this.countQuotes(this.begun);
    // The beginning is kept, so that a person can find the line.
    this.begun = Buffer.from(this.begun.subarray(0, 1000));
  }

  private countQuotes(bytes: Buffer): void {
    for (let at = bytes.indexOf(quote); at !== -1; at = bytes.indexOf(quote, at + 1)) this.quotes += 1;
  }

  private lines(bytes: Buffer, areEnded: boolean): Line[] {
    const texts = this.decoded(bytes)?.split(this.format.lineEnd);
    if (texts === undefined) return this.oneByOne(bytes, areEnded);
    return texts.map((text, index) => this.line(text, areEnded || index < texts.length - 1));
  }

  private decoded(bytes: Buffer): string | undefined {
    try {
      return this.decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }

  private oneByOne(bytes: Buffer, areEnded: boolean): Line[] {
    const lines: Line[] = [];
    for (let start = 0; start <= bytes.length; ) {
      const found = bytes.indexOf(this.endByte, start);
      const end = found === -1 ? bytes.length : found;
      const text = this.decoded(bytes.subarray(start, end));
      const isEnded = areEnded || found !== -1;
      lines.push(text === undefined ? this.invalid(bytes.subarray(start, end), isEnded) : this.line(text, isEnded));
      start = end + 1;
    }
    return lines;
  }

  private line(text: string, isEnded: boolean): Line {
    this.taken += 1;
    const { lineEnd } = this.format;
    if (!isEnded) return { number: this.taken, text, end: '' };
    if (lineEnd === '\r') return { number: this.taken, text, end: lineEnd };
    // Programs on Windows that write CRLF as text make CR CR LF of it.
    let length = text.length;
    while (text[length - 1] === '\r') length -= 1;
    return { number: this.taken, text: text.slice(0, length), end: `${text.slice(length)}\n` };
  }

  private invalid(bytes: Buffer, isEnded: boolean): Line {
    const line = this.line(bytes.toString('utf8'), isEnded);
    const returns = isEnded ? line.end.length - 1 : 0;
    const withoutReturn = bytes.subarray(0, bytes.length - returns);
    return {
      ...line,
      problem: 'is not UTF-8; for a file from Excel on Windows, pass --encoding windows-1252',
      bytes: Buffer.from(withoutReturn),
    };
  }

  private cut(): Line {
    const line = this.line(this.begun.toString('utf8'), true);
    return { ...line, problem: 'is longer than 1 MB', isCut: { hasOpenQuote: this.quotes % 2 === 1 } };
  }
}
