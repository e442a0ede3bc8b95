import type { Account } from './account.js';
import { type Customer } from './records.js';
import { type Route } from './routes.js';
/** `/v1/customers` without attributes and contacts. */
export declare const customerRoutes: readonly Route[];
/** Deletes a record with its contacts and invoices. */
export declare function removeCustomer({ store }: Account, customer: Customer): void;
