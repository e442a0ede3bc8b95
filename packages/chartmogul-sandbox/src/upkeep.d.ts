import type { Account } from './account.js';
/** Sees to it that what is due happens, and that what has happened is written to the data file, if there is one. */
export declare class Upkeep {
    #private;
    /** @throws DataFileError */
    constructor(account: Account, dataFile: string | undefined);
    /** Lets happen what is due, and writes it. */
    settle(): void;
    /** To be called after every change; throws if it cannot be written. */
    commit(): void;
    stop(): void;
}
