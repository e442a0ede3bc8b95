import type { Fault } from './faults.js';
import { type KnobSettings, type Knobs } from './knobs.js';
import { Limits } from './limits.js';
import { type Job, Pending } from './pending.js';
import type { Customer } from './records.js';
import { RequestLog } from './request-log.js';
import { Store } from './store.js';
/** The uuids that a test needs after every reset. */
export interface SourceUuids {
    leadsSourceUuid: string;
    billingSourceUuid: string;
}
/** The one ChartMogul account that the sandbox plays: its records, what is still to happen to them, its behaviour. */
export declare class Account {
    #private;
    readonly store: Store;
    readonly pending: Pending;
    readonly limits: Limits;
    readonly log: RequestLog;
    /** Told of a customer of the integration that has just turned Active. */
    onNewBusiness: (customer: Customer) => void;
    /** Told that everything was emptied. */
    onReset: () => void;
    constructor(knobs: KnobSettings);
    get knobs(): Knobs;
    /** Empties everything; knobs that are not given go back to what they were at the start. */
    reset(settings: Record<string, unknown>): SourceUuids;
    /** After the store was read from a data file: the knobs of the last reset hold again. */
    resume(): void;
    sourceUuids(): SourceUuids;
    addSource(name: string, system: string): string;
    /** The fault that this call of a route is to fail with, used up by asking. */
    takeFault(route: string): Fault | undefined;
    /** Lets happen what is due by now. Called before every request, so that an answer never shows the past. */
    settle(now?: number): void;
    carryOut({ work }: Job): void;
}
