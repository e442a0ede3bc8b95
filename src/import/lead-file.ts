import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ColumnRules, type Columns, readColumns } from './columns.js';
import { FileRefusedError } from './file-refused.js';
import { type LeadLine, type LineRules, readLeadLine } from './lead-line.js';
import { readLines } from './lines.js';
import { type CsvRecord, readRecords } from './records.js';

export interface ReadingRules extends ColumnRules, Omit<LineRules, 'columns'> {
  readonly delimiter: string;
}

/** A file of leads, to be read more than once, always with the same end. */
export class LeadFile {
  private constructor(
    /** Where its lines are. */
    readonly path: string,
    /** Where bad lines go. */
    readonly rejectsPath: string,
    /** For whatever does not fit into memory. Gone with {@link close}. */
    readonly folder: string,
    private readonly rules: ReadingRules,
    private readonly version: string,
  ) {}

  /**
   * @param path the file, or `-` for standard input, which is put into a file first: it is read twice
   * @throws FileRefusedError if it cannot be read
   */
  static async open(
    path: string,
    rules: ReadingRules,
    input: NodeJS.ReadableStream = process.stdin,
  ): Promise<LeadFile> {
    const folder = await mkdtemp(join(tmpdir(), 'customer-journey-import-'));
    try {
      const isInput = path === '-';
      const file = isInput ? join(folder, 'input.csv') : path;
      if (isInput) await pipeline(input, createWriteStream(file, { mode: 0o600 }));
      const rejects = isInput ? 'stdin.rejects.csv' : `${path.replace(/\.csv$/i, '')}.rejects.csv`;
      return new LeadFile(file, rejects, folder, rules, await versionOf(file));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The header. @throws FileRefusedError if these are no leads */
  async columns(): Promise<Columns> {
    const { delimiter } = this.rules;
    for await (const [header] of readRecords(readLines(this.path), { delimiter, mayBreak: () => true })) {
      if (header === undefined) continue;
      if ('problem' in header) throw new FileRefusedError(`The header, line ${header.line}, ${header.problem}.`);
      return readColumns(header.fields, this.rules);
    }
    throw new FileRefusedError('The file is empty: it needs a header and a line for each lead.');
  }

  /** What each line says of its lead, in batches. @throws FileRefusedError if the file was changed since it was opened */
  async *lines(columns: Columns): AsyncGenerator<LeadLine[]> {
    if ((await versionOf(this.path)) !== this.version) {
      throw new FileRefusedError(
        'The file was changed while it was imported. Import it again: what is done stays done.',
      );
    }
    const imported = new Set(columns.places.values());
    const rules = {
      delimiter: this.rules.delimiter,
      width: columns.names.length,
      // No id, date or profile field has line breaks, so a break in one means a quote that was not closed.
      mayBreak: (field: number) => !imported.has(field),
    };
    let isHeader = true;
    for await (const records of readRecords(readLines(this.path), rules)) {
      const bodies: readonly CsvRecord[] = isHeader ? records.slice(1) : records;
      isHeader = false;
      yield bodies.map((record) => readLeadLine(record, { ...this.rules, columns }));
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Changes whenever the file does. */
async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size} ${mtimeMs}`;
  } catch {
    throw new FileRefusedError(`${path} cannot be read.`);
  }
}
