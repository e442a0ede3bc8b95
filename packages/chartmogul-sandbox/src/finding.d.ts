import type { Account } from './account.js';
import { type Refusal } from './answers.js';
import type { Customer } from './records.js';
/** The record of a uuid in a path, or a 404. A merged-away uuid is one or the other, by the knob `mergedUuid`. */
export declare function customerOf({ store, knobs }: Account, uuid: string | undefined): Customer;
export declare function customerNotFound(param?: string): Refusal;
/** Not recorded: hence a knob. */
export declare function unknownSource({ knobs }: Account): Refusal;
