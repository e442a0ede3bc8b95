import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
const header = JSON.stringify({ format: 'chartmogul-sandbox', version: 1 });
const rowsALine = 200;
/** A file that has grown by this much is written anew. */
const compactAfterBytes = 64 * 1_048_576;
/** Thrown for a data file that is not one of ours, which is left as it is, or that can no longer be read or written. */
export class DataFileError extends Error {
    name = 'DataFileError';
}
/**
 * Keeps a store in a file: one line of JSON for all that one request changed, written before that request is answered.
 * So a killed process loses nothing that anybody was told, and a line that was torn in the writing is lost alone.
 */
export class Journal {
    #path;
    #store;
    #file;
    #unwritten = '';
    #appendedBytes = 0;
    /** Reads the file into the store, if there is one. Writes nothing yet: another sandbox may be using it. */
    constructor(path, store) {
        this.#path = path;
        this.#store = store;
        for (const line of readLines(path)) {
            const commit = parseLine(line);
            if (commit)
                store.apply(commit);
        }
        store.trackChanges();
    }
    /** Writes what has changed. If that fails, as on a full disk, it is tried again with the next change. */
    commit() {
        const commit = this.#store.takeChanges();
        if (commit)
            this.#unwritten += `${JSON.stringify(commit)}\n`;
        if (this.#file === undefined || this.#appendedBytes > compactAfterBytes)
            this.#compact();
        else if (this.#unwritten !== '')
            this.#append(this.#file);
    }
    close() {
        if (this.#file !== undefined)
            closeSync(this.#file);
        this.#file = undefined;
    }
    #append(file) {
        const bytes = Buffer.from(this.#unwritten);
        try {
            writeAll(file, bytes);
        }
        catch (error) {
            // The line may stand there half: what is written next must begin on a line of its own.
            if (!this.#unwritten.startsWith('\n'))
                this.#unwritten = `\n${this.#unwritten}`;
            throw new DataFileError(`The data file ${this.#path} cannot be written: ${String(error)}`);
        }
        this.#unwritten = '';
        this.#appendedBytes += bytes.length;
    }
    /** Writes the whole store to a new file that then takes the place of the old one in one step. */
    #compact() {
        const next = `${this.#path}.tmp`;
        const file = openSync(next, 'w', 0o600);
        try {
            writeAll(file, Buffer.from(`${header}\n`));
            for (const rows of this.#store.snapshot(rowsALine))
                writeAll(file, Buffer.from(`${JSON.stringify({ rows })}\n`));
            fsyncSync(file);
            renameSync(next, this.#path);
            syncFolder(dirname(this.#path));
        }
        catch (error) {
            closeSync(file);
            throw error;
        }
        this.close();
        this.#file = file;
        this.#unwritten = '';
        this.#appendedBytes = 0;
    }
}
function readLines(path) {
    let text;
    try {
        text = readFileSync(path, 'utf8');
    }
    catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
            return [];
        throw new DataFileError(`The data file ${path} cannot be read: ${String(error)}`);
    }
    const [first = '', ...lines] = text.split('\n');
    if (first !== header && !header.startsWith(first)) {
        throw new DataFileError(`${path} is not a data file of the sandbox: name another, or move it away.`);
    }
    return lines;
}
/** A line that is no whole JSON was torn: undefined. */
function parseLine(line) {
    if (line.trim() === '')
        return undefined;
    try {
        const commit = JSON.parse(line); // lines are written by this class only
        return typeof commit === 'object' && commit !== null && typeof commit.rows === 'object' ? commit : undefined;
    }
    catch {
        return undefined;
    }
}
function writeAll(file, bytes) {
    for (let written = 0; written < bytes.length;)
        written += writeSync(file, bytes, written);
}
/** The new name is safe only once the folder is written. Not every system lets a folder be opened. */
function syncFolder(folder) {
    try {
        const file = openSync(folder, 'r');
        fsyncSync(file);
        closeSync(file);
    }
    catch {
        // Windows: there the rename has to do.
    }
}
//# sourceMappingURL=journal.js.map