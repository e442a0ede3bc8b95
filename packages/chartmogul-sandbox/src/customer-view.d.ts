import type { Account } from './account.js';
import type { Customer, Status } from './records.js';
/**
 * A customer as the API shows it: keys, order, types and defaults as recorded 2025-03-14 (ruby client). Five keys are
 * hyphenated, all others are not.
 */
export declare function viewCustomer({ store, knobs }: Account, customer: Customer): Record<string, unknown>;
/** Subscriber statuses are computed, lead statuses are set: help article 212811009. A trial changes neither. */
export declare function statusOf(customer: Customer): Status;
/** When the first subscription began; null for a lead. */
export declare function customerSince(customer: Customer): number | null;
export declare function currencySign(currency: string): string;
