import type { Store } from './store.js';
/** Thrown for a data file that is not one of ours, which is left as it is, or that can no longer be read or written. */
export declare class DataFileError extends Error {
    readonly name = "DataFileError";
}
/**
 * Keeps a store in a file: one line of JSON for all that one request changed, written before that request is answered.
 * So a killed process loses nothing that anybody was told, and a line that was torn in the writing is lost alone.
 */
export declare class Journal {
    #private;
    /** Reads the file into the store, if there is one. Writes nothing yet: another sandbox may be using it. */
    constructor(path: string, store: Store);
    /** Writes what has changed. If that fails, as on a full disk, it is tried again with the next change. */
    commit(): void;
    close(): void;
}
