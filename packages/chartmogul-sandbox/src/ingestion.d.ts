import type { Account } from './account.js';
import type { IngestedCustomer } from './pending.js';
/**
 * What ChartMogul's Stripe integration does when a customer, a trial or a payment reaches it: makes the record or brings
 * it up to date. Without a payment the record is a New Lead: help article 203231962.
 */
export declare function ingest(account: Account, ingested: IngestedCustomer): void;
