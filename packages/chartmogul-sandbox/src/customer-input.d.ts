import type { Account } from './account.js';
import { type Customer } from './records.js';
type Body = Readonly<Record<string, unknown>>;
/**
 * Carries the fields of a POST or PATCH body over to a record. Fields that are left out keep their value; unknown ones
 * are tolerated, as are `external_id` and `data_source_uuid`. Recorded 2023-10-29, ruby client.
 */
export declare function applyProfile(account: Account, customer: Customer, body: Body): void;
/** `attributes` of a new customer: tags, and custom attributes as a typed array. */
export declare function applyNewAttributes(account: Account, customer: Customer, body: Body): void;
/** `attributes` of a PATCH: tags are replaced, custom attributes come as a map and the keys left out stay. */
export declare function applyChangedAttributes(account: Account, customer: Customer, body: Body): void;
export {};
