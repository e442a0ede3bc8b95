import type { Account } from './account.js';
import { type Customer, type SourceCustomer } from './records.js';
/**
 * One record goes into another, which keeps its uuid: help article 211358589. Does nothing if one of the two is gone or
 * they are one already. If the survivor was merged away meanwhile, its own survivor takes the record in.
 */
export declare function merge({ store, knobs }: Account, fromUuid: string, intoUuid: string): void;
/**
 * One source customer leaves the record and becomes one of its own, with a new uuid. Both then have the same standard
 * fields; tags and attributes go back to where they were unless they were changed meanwhile (reference, unmerge).
 */
export declare function unmerge({ store }: Account, customerUuid: string, dataSourceUuid: string, externalId: string): void;
export declare function findPart(customer: Customer, dataSourceUuid: string, externalId: string): SourceCustomer | undefined;
