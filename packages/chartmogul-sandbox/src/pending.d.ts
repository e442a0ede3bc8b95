import type { Table } from './tables.js';
/** A customer as the billing integration reports it. */
export interface IngestedCustomer {
    externalId: string;
    name?: string | undefined;
    email?: string | undefined;
    trialStartedAt?: number | undefined;
    paidAt?: number | undefined;
    mrrInCents: number;
}
type Work = {
    kind: 'ingest';
    customer: IngestedCustomer;
} | {
    kind: 'merge';
    fromUuid: string;
    intoUuid: string;
} | {
    kind: 'unmerge';
    customerUuid: string;
    dataSourceUuid: string;
    externalId: string;
};
/** What lets a job happen: a time, the n-th lookup of an external id, or the n-th read of a record. */
type Trigger = {
    when: 'due';
    at: number;
} | {
    when: 'lookedUp';
    externalId: string;
    remaining: number;
} | {
    when: 'read';
    uuid: string;
    remaining: number;
};
/** Something ChartMogul does later than it was asked for. */
export interface Job {
    id: number;
    trigger: Trigger;
    work: Work;
}
/** The work that is still to come, found by what triggers it. */
export declare class Pending {
    #private;
    constructor(jobs: Table<Job>);
    /** Rebuilds everything from the table, after it was read from the data file or emptied. */
    reload(): void;
    add(job: Job): void;
    all(): Job[];
    /** When the next job is due by time, if any is. */
    nextDueAt(): number | undefined;
    /** Takes out the next job that is due at this time, in the order of their due times. */
    takeDue(now: number): Job | undefined;
    /** Counts a lookup of this external id, and takes out the jobs that it lets happen. */
    countLookup(externalId: string): Job[];
    /** Counts a read of this record, and takes out the jobs that it lets happen. */
    countRead(uuid: string): Job[];
}
export {};
