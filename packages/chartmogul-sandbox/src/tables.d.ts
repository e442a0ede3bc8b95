import type { Customer } from './records.js';
/** One kind of record by key. Tells of every change, so that it can be written to the data file. */
export declare class Table<V> {
    #private;
    constructor(onChange: (key: string) => void);
    get size(): number;
    get(key: string): V | undefined;
    values(): IterableIterator<V>;
    entries(): IterableIterator<[string, V]>;
    /** Also to be called after a stored record was changed in place. */
    put(key: string, value: V): void;
    delete(key: string): void;
    clear(): void;
}
/**
 * Customers by uuid, by source and external id, by external id alone, and in the order of their numeric id. The lookups
 * take the same time however many customers there are.
 */
export declare class CustomerTable extends Table<Customer> {
    #private;
    /** The record that holds this source customer, whether as its primary or merged into it. */
    find(dataSourceUuid: string, externalId: string): Customer | undefined;
    /** All records that hold a source customer of this external id, oldest first. */
    withExternalId(externalId: string): readonly Customer[];
    /** Customers whose numeric id is greater, in ascending order. */
    after(id: number): Generator<Customer>;
    /** Stores a record. Its source customers may only be changed through `regroup`. */
    put(key: string, customer: Customer): void;
    delete(key: string): void;
    /** Changes which source customers a record holds, and keeps the lookups right. */
    regroup(customer: Customer, change: () => void): void;
    clear(): void;
}
