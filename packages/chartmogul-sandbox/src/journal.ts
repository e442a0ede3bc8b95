import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Commit, Store } from './store.js';

const header = JSON.stringify({ format: 'chartmogul-sandbox', version: 1 });
const rowsALine = 200;
/** The file is rewritten after it has grown by this much. */
const compactAfterBytes = 64 * 1_048_576;

/** The data file was not written by the sandbox (it is not changed), or cannot be read or written. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError';
}

/**
 * Keeps a store in a file: one line of JSON with all changes of one request, written before that request is answered.
 * A killed process loses no answered change, and an incomplete line does not affect the others.
 */
export class Journal {
  readonly #path: string;
  readonly #store: Store;
  #file: number | undefined;
  #unwritten = '';
  #appendedBytes = 0;

  /** Reads the file into the store, if it exists. Writes nothing yet: another sandbox may be using it. */
  constructor(path: string, store: Store) {
    this.#path = path;
    this.#store = store;
    for (const line of readLines(path)) {
      const commit = parseLine(line);
      if (commit) store.apply(commit);
    }
    store.trackChanges();
  }

  /** Writes the changes. If that fails, e.g. on a full disk, the next commit retries. */
  commit(): void {
    const commit = this.#store.takeChanges();
    if (commit) this.#unwritten += `${JSON.stringify(commit)}\n`;
    if (this.#file === undefined || this.#appendedBytes > compactAfterBytes) this.#compact();
    else if (this.#unwritten !== '') this.#append(this.#file);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(file: number): void {
    const bytes = Buffer.from(this.#unwritten);
    try {
      writeAll(file, bytes);
    } catch (error) {
      // The line may be incomplete, so the next write must start a new line.
      if (!this.#unwritten.startsWith('\n')) this.#unwritten = `\n${this.#unwritten}`;
      throw new DataFileError(`The data file ${this.#path} cannot be written: ${String(error)}`);
    }
    this.#unwritten = '';
    this.#appendedBytes += bytes.length;
  }

  /** Writes the whole store to a new file, then atomically replaces the old one. */
  #compact(): void {
    const next = `${this.#path}.tmp`;
    const file = openSync(next, 'w', 0o600);
    try {
      writeAll(file, Buffer.from(`${header}\n`));
      for (const rows of this.#store.snapshot(rowsALine)) writeAll(file, Buffer.from(`${JSON.stringify({ rows })}\n`));
      fsyncSync(file);
      renameSync(next, this.#path);
      syncFolder(dirname(this.#path));
    } catch (error) {
      closeSync(file);
      throw error;
    }
    this.close();
    this.#file = file;
    this.#unwritten = '';
    this.#appendedBytes = 0;
  }
}

function readLines(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new DataFileError(`The data file ${path} cannot be read: ${String(error)}`);
  }
  const [first = '', ...lines] = text.split('\n');
  if (first !== header && !header.startsWith(first)) {
    throw new DataFileError(`${path} is not a sandbox data file. Use another path, or move the file away.`);
  }
  return lines;
}

/** Undefined for an incomplete line. */
function parseLine(line: string): Commit | undefined {
  if (line.trim() === '') return undefined;
  try {
    const commit: Commit = JSON.parse(line); // lines are written by this class only
    return typeof commit === 'object' && commit !== null && typeof commit.rows === 'object' ? commit : undefined;
  } catch {
    return undefined;
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** The rename is durable only after the folder is synced. Not every system can open a folder. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    fsyncSync(file);
    closeSync(file);
  } catch {
    // Windows cannot open a folder.
  }
}
