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
  /** Instead of the standard input of the process. */
  readonly input?: Readable;
  /** Told how much has come through a pipe. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
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
   * @param path the file, or `-` for standard input. It is read twice, so what comes through a pipe is kept in a file
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
    const imported = new Set(columns.places.values());
    const rules = {
      delimiter: this.rules.delimiter,
      width: columns.names.length,
      // No id, date or profile field has line breaks, so a break in one means a quote that was not closed.
      mayBreak: (field: number) => !imported.has(field),
    };
    let isHeader = true;
    for await (const records of readRecords(readLines(this.path), rules)) {
      // Each time: an import takes hours, and of a file that is written anew a batch may begin in the middle of an id.
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
    throw new FileRefusedError('The file was changed while it was imported. Import it again: what is done stays done.');
  }
}

/** Whether a path is standard input, or a pipe as in `import <(psql ...)`. @throws FileRefusedError if it is nothing of use */
async function isPipe(path: string): Promise<boolean> {
  if (path === '-') return true;
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory())
    throw new FileRefusedError(`${path} is a folder: give a CSV file, or - for standard input.`);
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (found === undefined || !isReadable) throw new FileRefusedError(`${path} cannot be read.`);
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

/** Changes whenever the file does. */
async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size} ${mtimeMs}`;
  } catch {
    throw new FileRefusedError(`${path} cannot be read.`);
  }
}
