import { createReadStream, createWriteStream } from 'node:fs';
import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ColumnRules, type Columns, readColumns } from './columns.js';
import { FileRefusedError } from './file-refused.js';
import { type LeadLine, type LineRules, readLeadLine } from './lead-line.js';
import { readLines } from './lines.js';
import { type CsvRecord, readRecords } from './records.js';

export interface ReadingRules extends ColumnRules, Omit<LineRules, 'columns'> {
  readonly delimiter: string;
}

export interface OpenOptions {
  /** Replaces the standard input of the process. */
  readonly input?: Readable;
  /** Called with the number of bytes read from a pipe. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** A file of leads that can be read more than once, always with the same content. */
export class LeadFile {
  private constructor(
    /** The file with the lines. */
    readonly path: string,
    /** The file for bad lines. */
    readonly rejectsPath: string,
    /** For data that does not fit into memory. {@link close} deletes it. */
    readonly folder: string,
    private readonly rules: ReadingRules,
    private readonly version: string,
  ) {}

  /**
   * @param path the file, or `-` for standard input. It is read twice, so piped input is copied to a file
   * @throws FileRefusedError if it cannot be read
   */
  static async open(path: string, rules: ReadingRules, options: OpenOptions = {}): Promise<LeadFile> {
    const isPiped = await isPipe(path);
    const folder = await mkdtemp(join(tmpdir(), 'customer-journey-import-'));
    try {
      const file = isPiped ? join(folder, 'input.csv') : path;
      if (isPiped) await keep(path, file, options);
      const rejects = isPiped ? 'stdin.rejects.csv' : `${path.replace(/\.csv$/i, '')}.rejects.csv`;
      return new LeadFile(file, rejects, folder, rules, await versionOf(file));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The header. @throws FileRefusedError if it is not the header of a lead file */
  async columns(): Promise<Columns> {
    const { delimiter } = this.rules;
    for await (const [header] of readRecords(readLines(this.path), { delimiter, mayBreak: () => true })) {
      if (header === undefined) continue;
      if ('problem' in header) throw new FileRefusedError(`Invalid header: line ${header.line} ${header.problem}.`);
      return readColumns(header.fields, this.rules);
    }
    throw new FileRefusedError('The file is empty: it must have a header and a line for each lead.');
  }

  /** Reads the lines in batches. @throws FileRefusedError if the file changed after it was opened */
  async *lines(columns: Columns): AsyncGenerator<LeadLine[]> {
    const imported = new Set(columns.places.values());
    const rules = {
      delimiter: this.rules.delimiter,
      width: columns.names.length,
      // Ids, dates and profile fields have no line breaks, so a break in one means that a quote was not closed.
      mayBreak: (field: number) => !imported.has(field),
    };
    let isHeader = true;
    for await (const records of readRecords(readLines(this.path), rules)) {
      // Checked for each batch: an import takes hours, and in a rewritten file a batch may begin within an id.
      await this.refuseChanged();
      const bodies: readonly CsvRecord[] = isHeader ? records.slice(1) : records;
      isHeader = false;
      yield bodies.map((record) => readLeadLine(record, { ...this.rules, columns }));
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async refuseChanged(): Promise<void> {
    if ((await versionOf(this.path)) === this.version) return;
    throw new FileRefusedError('The file changed during the import. Import it again: completed leads are skipped.');
  }
}

/** Whether a path is standard input or a pipe, as in `import <(psql ...)`. @throws FileRefusedError if unreadable */
export async function isPipe(path: string): Promise<boolean> {
  if (path === '-') return true;
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory())
    throw new FileRefusedError(`${path} is a directory: pass a CSV file, or - for standard input.`);
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (found === undefined) throw new FileRefusedError(`${path} cannot be read: there is no such file.`);
  if (!isReadable) throw new FileRefusedError(`${path} cannot be read.`);
  return !found.isFile();
}

async function keep(path: string, file: string, { input, onProgress, signal }: OpenOptions): Promise<void> {
  const from = input ?? (path === '-' ? process.stdin : createReadStream(path));
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onProgress?.(bytes);
      done(undefined, chunk);
    },
  });
  await pipeline(from, counted, createWriteStream(file, { mode: 0o600 }), { ...(signal && { signal }) });
}

/** Changes whenever the file changes. */
async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size} ${mtimeMs}`;
  } catch {
    throw new FileRefusedError(`${path} cannot be read.`);
  }
}
