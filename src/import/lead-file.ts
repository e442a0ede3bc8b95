import { createReadStream, createWriteStream } from 'node:fs';
import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type ColumnRules, type Columns, knownColumns, readColumns } from './columns.js';
import type { Encoding } from './encoding.js';
import { fileFormatOf, isCompressed } from './file-format.js';
import { FileRefusedError } from './file-refused.js';
import { type LeadLine, type LineRules, readLeadLine } from './lead-line.js';
import { type Line, type LineFormat, readLines } from './lines.js';
import { type CsvRecord, type Fields, readRecords } from './records.js';

export interface ReadingRules extends ColumnRules, Omit<LineRules, 'columns'> {
  /** Detected if absent. */
  readonly delimiter?: string;
  /** Detected if absent. */
  readonly encoding?: Encoding;
}

export interface OpenOptions {
  /** Replaces the standard input of the process. */
  readonly input?: Readable;
  /** Called with the number of bytes read from a pipe or a compressed file. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** The header of a file. */
export interface Header extends Columns {
  readonly delimiter: string;
  /** Its lines, unchanged. */
  readonly source: readonly Line[];
  /** Excel's line with the delimiter before the header. */
  readonly separatorLine?: Line;
}

/** A file of leads that can be read more than once, always with the same content. */
export class LeadFile {
  /** The line with psql's row count at the end, which is not a record. Known once the lines were read. */
  rowCountLine: number | undefined;

  private constructor(
    /** The file with the lines. */
    readonly path: string,
    /** The file for bad lines. */
    readonly rejectsPath: string,
    /** For data that does not fit into memory. {@link close} deletes it. */
    readonly folder: string,
    readonly format: LineFormat,
    private readonly rules: ReadingRules,
    private readonly version: string,
  ) {}

  /**
   * @param path the file, or `-` for standard input. It is read twice, so piped input is copied to a file, and a file
   * compressed with gzip is decompressed to one
   * @throws FileRefusedError if it cannot be read
   */
  static async open(path: string, rules: ReadingRules, options: OpenOptions = {}): Promise<LeadFile> {
    const isPiped = await isPipe(path);
    const folder = await mkdtemp(join(tmpdir(), 'customer-journey-import-'));
    try {
      let file = path;
      if (isPiped) {
        file = join(folder, 'input.csv');
        await keep(options.input ?? (path === '-' ? process.stdin : createReadStream(path)), file, options);
      }
      if (await isCompressed(file)) {
        const compressed = file;
        file = join(folder, 'decompressed.csv');
        await keep(createReadStream(compressed), file, options, createGunzip()).catch(
          (error: NodeJS.ErrnoException) => {
            throw error.code?.startsWith('Z_') ? new FileRefusedError(`${path} is damaged: gzip -t ${path}`) : error;
          },
        );
      }
      const rejects = isPiped ? 'stdin' : path.replace(/\.gz$/i, '').replace(/\.csv$/i, '');
      const format = await fileFormatOf(file, path, rules.encoding);
      return new LeadFile(file, `${rejects}.rejects.csv`, folder, format, rules, await versionOf(file));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The header. @throws FileRefusedError if it is not the header of a lead file */
  async columns(): Promise<Header> {
    const [first] = await this.firstRecords(',');
    if (first === undefined)
      throw new FileRefusedError('The file is empty: it must have a header and a line per lead.');
    const separatorLine = first.source.length === 1 ? first.source[0] : undefined;
    const [, , separator] = /^("?)sep=(.)\1[ \t]*$/i.exec(separatorLine?.text ?? '') ?? [];
    const place = separator === undefined ? 0 : 1;
    const header = await this.header(place, this.rules.delimiter ?? separator);
    return { ...header, ...(separatorLine && place === 1 && { separatorLine }) };
  }

  /** Reads the lines in batches. @throws FileRefusedError if the file changed after it was opened */
  async *lines(header: Header): AsyncGenerator<LeadLine[]> {
    const rules = { ...this.rules, columns: header };
    let skipped = header.separatorLine ? 2 : 1;
    for await (const records of readRecords(readLines(this.path, this.format), header.delimiter)) {
      // Checked for each batch: an import takes hours, and in a rewritten file a batch may begin within an id.
      await this.refuseChanged();
      const bodies = records.slice(skipped);
      skipped = Math.max(0, skipped - records.length);
      yield bodies.filter((record) => this.isOfLead(record)).map((record) => readLeadLine(record, rules));
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The header by its delimiter: the one given, or the one that finds the most columns. */
  private async header(place: number, given: string | undefined): Promise<Header> {
    const found: { readonly delimiter: string; readonly record: CsvRecord; readonly score: number }[] = [];
    for (const delimiter of given === undefined ? [',', ';', '\t', '|'] : [given]) {
      const record = (await this.firstRecords(delimiter))[place];
      if (record === undefined) continue;
      const fields = 'fields' in record ? record.fields : [];
      found.push({ delimiter, record, score: knownColumns(fields, this.rules) * 1000 + fields.length });
    }
    const [best] = found.sort((one, other) => other.score - one.score);
    if (best === undefined) throw new FileRefusedError('The file has no header: it must have one and a line per lead.');
    const { record, delimiter } = best;
    if ('problem' in record) throw new FileRefusedError(`Invalid header: line ${record.line} ${record.problem}.`);
    return { ...readColumns(record.fields, this.rules), delimiter, source: record.source };
  }

  private async firstRecords(delimiter: string): Promise<readonly CsvRecord[]> {
    const first: CsvRecord[] = [];
    for await (const records of readRecords(readLines(this.path, this.format), delimiter)) {
      first.push(...records.slice(0, 2));
      if (first.length >= 2) break;
    }
    return first;
  }

  /** Empty records, which spreadsheets leave behind, and psql's row count are not leads. */
  private isOfLead(record: CsvRecord): boolean {
    if (!('fields' in record)) return true;
    if (record.fields.every((field) => field.trim() === '')) return false;
    if (!isRowCount(record)) return true;
    this.rowCountLine = record.line;
    return false;
  }

  private async refuseChanged(): Promise<void> {
    if ((await versionOf(this.path)) === this.version) return;
    throw new FileRefusedError(
      'The file changed while it was read. Run the same command again: completed leads are skipped.',
    );
  }
}

function isRowCount({ fields: [first = '', ...more] }: Fields): boolean {
  return more.every((field) => field === '') && /^\(\d+ rows?\)$/.test(first.trim());
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

async function keep(
  from: Readable,
  file: string,
  { onProgress, signal }: OpenOptions,
  change: Transform = new Transform({ transform: (chunk, _encoding, done) => done(undefined, chunk) }),
): Promise<void> {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onProgress?.(bytes);
      done(undefined, chunk);
    },
  });
  const to = createWriteStream(file, { mode: 0o600 });
  await pipeline([from, change, counted, to], { ...(signal && { signal }) });
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
