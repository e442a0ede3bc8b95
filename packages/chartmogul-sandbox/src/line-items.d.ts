import type { Refusal } from './answers.js';
import type { SourceCustomer } from './records.js';
import type { Store } from './store.js';
type Item = Readonly<Record<string, unknown>>;
type Refuse = (param: string, code: 'blank' | 'invalid') => Refusal;
/** A line item as the import answers it: recorded 2023-10-30, ruby client. */
export declare function viewLineItem(item: Item, refuse: Refuse): Item;
/** A transaction inside an invoice: recorded 2023-10-30, ruby client. */
export declare function viewTransaction(item: Item, refuse: Refuse): Item;
/**
 * A paid subscription item makes its customer a subscriber from the start of its period. Whether a trial item changes
 * the trial date is not documented: it does not here.
 */
export declare function subscribe(store: Store, part: SourceCustomer, item: Item): void;
export {};
