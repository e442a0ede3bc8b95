import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { FileUnwritableError } from '../runtime/file-unwritable.js';
import { keyOf, reasonColumn } from './columns.js';
import { encode } from './encoding.js';
import type { Header } from './lead-file.js';
import type { BadLine } from './lead-line.js';
import type { Line, LineFormat } from './lines.js';

/**
 * Writes the bad records of a file to another file, which can be fixed and imported: unchanged, in the encoding of the
 * file, with the reason in an additional first column. The first one, since records may have too few fields or a quote
 * that is not closed.
 */
export class Rejects {
  private readonly partial: string;
  private readonly hasReasons: boolean;
  private readonly end: string;
  private bytes: Buffer[] = [];
  private size = 0;
  private isBegun = false;

  constructor(
    private readonly path: string,
    private readonly header: Header,
    private readonly format: LineFormat,
  ) {
    this.partial = `${path}.part`;
    // A rejects file that is imported again already has the column.
    this.hasReasons = keyOf(header.names[0] ?? '') === keyOf(reasonColumn);
    this.end = header.source.at(-1)?.end || '\n';
  }

  add({ line, lastLine, source, problems }: BadLine): void {
    if (!this.isBegun) this.begin();
    const lines = line === lastLine ? `line ${line}` : `lines ${line} to ${lastLine}`;
    this.write(quoted(`${lines}: ${problems.map(reasonOf).join('; ')}`), source);
  }

  /** Finishes the file. Returns its path, or undefined if no line was bad. */
  finish(): string | undefined {
    if (!this.isBegun) return undefined;
    this.flush();
    return this.writing(() => {
      const path = this.freePath();
      renameSync(this.partial, path);
      return path;
    });
  }

  /** Deletes the unfinished file. */
  abandon(): void {
    if (this.isBegun) rmSync(this.partial, { force: true });
  }

  private begin(): void {
    this.writing(() => {
      rmSync(this.partial, { force: true });
      appendFileSync(this.partial, '', { mode: 0o600 }); // it contains personal data, like the original
    });
    this.isBegun = true;
    this.put(this.format.mark);
    const { separatorLine } = this.header;
    if (separatorLine) this.put(this.encoded(separatorLine.text + (separatorLine.end || this.end)));
    this.write(reasonColumn, this.header.source);
  }

  private write(reason: string, [first, ...more]: readonly Line[]): void {
    if (first === undefined) return;
    const text = this.hasReasons ? first.text.slice(endOfFirstField(first.text, this.header.delimiter)) : first.text;
    this.put(this.encoded(reason + this.header.delimiter));
    // The bytes of an invalid line are unchanged, even if they have a reason already.
    this.put(first.bytes ?? this.encoded(text));
    this.put(this.encoded(first.end || this.end));
    for (const line of more) {
      this.put(line.bytes ?? this.encoded(line.text));
      this.put(this.encoded(line.end || this.end));
    }
    if (this.size > 64 * 1024) this.flush();
  }

  private encoded(text: string): Buffer {
    return encode(text, this.format.encoding);
  }

  private put(bytes: Buffer): void {
    this.bytes.push(bytes);
    this.size += bytes.length;
  }

  private flush(): void {
    this.writing(() => appendFileSync(this.partial, Buffer.concat(this.bytes)));
    this.bytes = [];
    this.size = 0;
  }

  private writing<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw new FileUnwritableError(this.partial, error, 'It is the copy of the invalid lines. Nothing was started.');
    }
  }

  /** An earlier rejects file may have been edited, so it is overwritten only if its content is identical. */
  private freePath(): string {
    for (let number = 1; ; number += 1) {
      const path = number === 1 ? this.path : this.path.replace(/csv$/, `${number}.csv`);
      if (!existsSync(path) || isSame(path, this.partial)) return path;
    }
  }
}

/** The problem of a line as text. */
export function reasonOf({ column, message }: BadLine['problems'][number]): string {
  return column === undefined ? message : `${column} ${message}`;
}

/** Always quoted, so that a quote of an earlier record that is not closed ends here when the file is read. */
function quoted(reason: string): string {
  return `"${reason.replaceAll('"', '""')}"`;
}

/** The position after the first field and its delimiter. */
function endOfFirstField(text: string, delimiter: string): number {
  const [field = ''] = /^"(?:[^"]|"")*"/.exec(text) ?? [];
  const end = text.indexOf(delimiter, field.length);
  return end === -1 ? text.length : end + delimiter.length;
}

function isSame(one: string, other: string): boolean {
  return statSync(one).size === statSync(other).size && readFileSync(one).equals(readFileSync(other));
}
