import type { Account } from './account.js';
import { type Answer } from './answers.js';
import { type Customer } from './records.js';
import type { ApiRequest } from './routes.js';
/** `GET /v1/customers`: no match is 200 with no entries. Several records may have the same external id. */
export declare function listCustomers(account: Account, { query }: ApiRequest): Answer;
/** `GET /v1/customers/search?email=`: no match is 404. Recorded 2023-10-30, ruby client. */
export declare function searchCustomers(account: Account, { query }: ApiRequest): Answer;
/** Customers with this e-mail address, for the calls that tag by e-mail. */
export declare function customersWithEmail({ store }: Account, email: string): Customer[];
