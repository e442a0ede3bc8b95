import type { Account } from './account.js';
/** A page for people: the records, what merged into what, the latest requests. Readable without script. */
export declare function renderPage(account: Account): string;
