import type { Fault } from './faults.js';
import type { Job } from './pending.js';
import type { AttributeType, Contact, Customer, Invoice, Plan, Source } from './records.js';
import { CustomerTable, Table } from './tables.js';
/** New values by table and key; null for what was deleted. */
export type Changes = Record<string, Record<string, unknown>>;
/** What happened between two writings: perhaps everything was emptied, then rows changed. */
export interface Commit {
    cleared?: true;
    rows: Changes;
}
interface Settings {
    leadsSourceUuid: string;
    billingSourceUuid: string;
    lastId: number;
    knobs: unknown;
}
/** Everything an account holds, in memory. */
export declare class Store {
    #private;
    readonly sources: Table<Source>;
    readonly customers: CustomerTable;
    readonly contacts: Table<Contact>;
    readonly invoices: Table<Invoice>;
    readonly plans: Table<Plan>;
    readonly jobs: Table<Job>;
    readonly faults: Table<Fault>;
    /** Merged-away uuid → the record it went into. */
    readonly absorbed: Table<string>;
    /** Custom attributes have one type an account. */
    readonly attributeTypes: Table<AttributeType>;
    readonly settings: Table<unknown>;
    setting<K extends keyof Settings>(name: K): Settings[K] | undefined;
    set<K extends keyof Settings>(name: K, value: Settings[K]): void;
    nextId(): number;
    /** The record a uuid stands for today: itself, or what it was merged into. */
    survivorOf(uuid: string): Customer | undefined;
    clear(): void;
    /** From now on changes are kept until taken. Without a data file nobody would take them. */
    trackChanges(): void;
    /** What changed since the last call, as it is now; undefined if nothing did. */
    takeChanges(): Commit | undefined;
    /** Everything, in pieces of at most `size` records. */
    snapshot(size: number): Generator<Changes>;
    /** Takes in what `takeChanges` or `snapshot` gave. Tables that this version does not know are left out. */
    apply({ cleared, rows }: Commit): void;
}
export {};
