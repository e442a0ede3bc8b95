import { createReadStream } from 'node:fs';
import { FileRefusedError } from './file-refused.js';

/** One line of a file, unchanged but without its line break. */
export interface Line {
  /** Starts at 1. */
  readonly number: number;
  readonly text: string;
  /** Why the line cannot be read. */
  readonly problem?: string;
}

/** Longer than any line of an export, and small enough to bound the memory for a file without line breaks. */
export const longestLine = 1024 * 1024;

const lineFeed = 0x0a;

/**
 * Reads a text file in batches of lines, in constant memory, whatever it contains. Line breaks are LF or CRLF; a byte
 * order mark is removed. A line that is not UTF-8, or too long, has a problem.
 *
 * @throws FileRefusedError for UTF-16
 */
export async function* readLines(file: string): AsyncGenerator<Line[]> {
  const reader = new LineReader();
  for await (const chunk of createReadStream(file)) {
    const lines = reader.read(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}

class LineReader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private taken = 0;
  /** The beginning of a line whose end has not been read yet. */
  private begun: Buffer = Buffer.alloc(0);
  private isTooLong = false;

  read(chunk: Buffer): Line[] {
    const end = chunk.lastIndexOf(lineFeed);
    if (end === -1) {
      this.begin(chunk);
      return [];
    }
    const whole = Buffer.concat([this.begun, chunk.subarray(0, end)]);
    this.begun = Buffer.alloc(0);
    const lines = this.lines(whole);
    this.begin(chunk.subarray(end + 1));
    return lines;
  }

  end(): Line[] {
    return this.begun.length > 0 ? this.lines(this.begun) : [];
  }

  private begin(rest: Buffer): void {
    const begun = Buffer.concat([this.begun, rest]);
    if (begun.length > longestLine) this.isTooLong = true;
    // The beginning of a line that is too long is kept, so that a person can find the line.
    this.begun = this.isTooLong ? begun.subarray(0, 1000) : begun;
  }

  private lines(bytes: Buffer): Line[] {
    if (this.taken === 0) refuseUtf16(bytes);
    const texts = this.isTooLong ? [] : this.decoded(bytes);
    return texts.length > 0 ? texts.map((text) => this.line(text)) : this.oneByOne(bytes);
  }

  /** All lines, or none if any of them is not UTF-8. */
  private decoded(bytes: Buffer): string[] {
    try {
      return this.decoder.decode(bytes).split('\n');
    } catch {
      return [];
    }
  }

  private oneByOne(bytes: Buffer): Line[] {
    const lines: Line[] = [];
    for (let start = 0; start <= bytes.length; ) {
      const found = bytes.indexOf(lineFeed, start);
      const end = found === -1 ? bytes.length : found;
      const line = bytes.subarray(start, end);
      const [text] = this.decoded(line);
      if (this.isTooLong) {
        this.isTooLong = false; // only the first line can be too long: it began in earlier chunks
        lines.push(this.line(line.subarray(0, 1000).toString('utf8'), 'is longer than 1 MB'));
      } else lines.push(text === undefined ? this.line(line.toString('utf8'), 'is not UTF-8') : this.line(text));
      start = end + 1;
    }
    return lines;
  }

  private line(text: string, problem?: string): Line {
    this.taken += 1;
    const withoutMark = this.taken === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
    const withoutBreak = withoutMark.endsWith('\r') ? withoutMark.slice(0, -1) : withoutMark;
    return { number: this.taken, text: withoutBreak, ...(problem !== undefined && { problem }) };
  }
}

function refuseUtf16(bytes: Buffer): void {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    throw new FileRefusedError('The file is UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8").');
  }
}
