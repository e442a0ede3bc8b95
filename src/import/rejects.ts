import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { type Columns, reasonColumn } from './columns.js';
import { FileRefusedError } from './file-refused.js';
import type { BadLine } from './lead-line.js';

/**
 * Writes the bad lines of a file to another file, which can be fixed and imported: with all columns unchanged, and the
 * reason in an additional one. The first column contains the whole line if it could not be parsed.
 */
export class Rejects {
  private readonly partial: string;
  private readonly reasonAt: number;
  private text = '';
  private isBegun = false;

  constructor(
    private readonly path: string,
    private readonly columns: Columns,
    private readonly delimiter: string,
  ) {
    this.partial = `${path}.part`;
    const { names } = columns;
    // A rejects file that is imported again already has the column.
    const place = names.indexOf(reasonColumn);
    this.reasonAt = place === -1 ? names.length : place;
  }

  add({ line, original, problems }: BadLine): void {
    if (!this.isBegun) this.begin();
    const { names } = this.columns;
    const fields =
      typeof original === 'string' ? names.map((_, place) => (place === 0 ? original : '')) : [...original];
    fields[this.reasonAt] = `line ${line}: ${problems.map(reasonOf).join('; ')}`;
    this.write(fields);
  }

  /** The path of the finished file, or undefined if no line was bad. */
  end(): string | undefined {
    if (!this.isBegun) return undefined;
    this.flush();
    const path = this.freePath();
    renameSync(this.partial, path);
    return path;
  }

  /** Deletes the unfinished file. */
  abandon(): void {
    if (this.isBegun) rmSync(this.partial, { force: true });
  }

  private begin(): void {
    try {
      rmSync(this.partial, { force: true });
      appendFileSync(this.partial, '', { mode: 0o600 }); // it contains personal data, like the original
    } catch {
      throw new FileRefusedError(`Cannot write ${this.partial}, the copy of the invalid lines.`);
    }
    this.isBegun = true;
    const names = [...this.columns.names];
    names[this.reasonAt] = reasonColumn;
    this.write(names);
  }

  private write(fields: readonly string[]): void {
    this.text += `${fields.map((field) => quoted(field, this.delimiter)).join(this.delimiter)}\n`;
    if (this.text.length > 64 * 1024) this.flush();
  }

  private flush(): void {
    appendFileSync(this.partial, this.text);
    this.text = '';
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

function quoted(field: string, delimiter: string): string {
  return /["\r\n]/.test(field) || field.includes(delimiter) ? `"${field.replaceAll('"', '""')}"` : field;
}

function isSame(one: string, other: string): boolean {
  return statSync(one).size === statSync(other).size && readFileSync(one).equals(readFileSync(other));
}
