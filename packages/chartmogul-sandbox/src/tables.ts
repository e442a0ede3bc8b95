import type { Customer } from './records.js';

/** Records of one kind by key. Reports every change, so that it can be written to the data file. */
export class Table<V> {
  readonly #rows = new Map<string, V>();
  readonly #onChange: (key: string) => void;

  constructor(onChange: (key: string) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): V | undefined {
    return this.#rows.get(key);
  }

  values(): IterableIterator<V> {
    return this.#rows.values();
  }

  entries(): IterableIterator<[string, V]> {
    return this.#rows.entries();
  }

  /** Call this also after changing a stored record in place. */
  put(key: string, value: V): void {
    this.#rows.set(key, value);
    this.#onChange(key);
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#onChange(key);
  }

  clear(): void {
    this.#rows.clear();
  }
}

/**
 * Customers by uuid, by source and external id, by external id alone, and in order of their numeric id. The lookup
 * time does not depend on the number of customers.
 */
export class CustomerTable extends Table<Customer> {
  readonly #bySourceId = new Map<string, Customer>();
  readonly #byExternalId = new Map<string, Customer[]>();
  readonly #byId: Customer[] = [];

  /** The record with this source customer, as its primary or merged into it. */
  find(dataSourceUuid: string, externalId: string): Customer | undefined {
    return this.#bySourceId.get(sourceKey(dataSourceUuid, externalId));
  }

  /** All records with a source customer of this external id, oldest first. */
  withExternalId(externalId: string): readonly Customer[] {
    return this.#byExternalId.get(externalId) ?? [];
  }

  /** Customers with a greater numeric id, in ascending order. */
  *after(id: number): Generator<Customer> {
    for (let index = this.#position(id + 1); index < this.#byId.length; index++) {
      const customer = this.#byId[index];
      if (customer) yield customer;
    }
  }

  /** Stores a record. Only `regroup` may change its source customers. */
  override put(key: string, customer: Customer): void {
    const known = this.get(key);
    if (known && known !== customer) this.#unindex(known);
    super.put(key, customer);
    if (known !== customer) this.#index(customer);
  }

  override delete(key: string): void {
    const customer = this.get(key);
    if (!customer) return;
    this.#unindex(customer);
    super.delete(key);
  }

  /** Changes the source customers of a record and updates the indexes. */
  regroup(customer: Customer, change: () => void): void {
    this.#unindex(customer);
    change();
    this.#index(customer);
    super.put(customer.uuid, customer);
  }

  override clear(): void {
    super.clear();
    this.#bySourceId.clear();
    this.#byExternalId.clear();
    this.#byId.length = 0;
  }

  #index(customer: Customer): void {
    this.#byId.splice(this.#position(customer.id), 0, customer);
    for (const { dataSourceUuid, externalId } of customer.sourceCustomers) {
      this.#bySourceId.set(sourceKey(dataSourceUuid, externalId), customer);
      const holders = this.#byExternalId.get(externalId) ?? [];
      if (!holders.includes(customer)) holders.push(customer);
      this.#byExternalId.set(
        externalId,
        holders.sort((one, other) => one.id - other.id),
      );
    }
  }

  #unindex(customer: Customer): void {
    const position = this.#position(customer.id);
    if (this.#byId[position] === customer) this.#byId.splice(position, 1);
    for (const { dataSourceUuid, externalId } of customer.sourceCustomers) {
      const key = sourceKey(dataSourceUuid, externalId);
      // Another record may own the key by now: rows within a line of the data file have no order.
      if (this.#bySourceId.get(key) === customer) this.#bySourceId.delete(key);
      const holders = (this.#byExternalId.get(externalId) ?? []).filter((holder) => holder !== customer);
      if (holders.length > 0) this.#byExternalId.set(externalId, holders);
      else this.#byExternalId.delete(externalId);
    }
  }

  /** The index of a customer with this id, or where it would be inserted (binary search). */
  #position(id: number): number {
    let [low, high] = [0, this.#byId.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#byId[middle]?.id ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A data source's uuid contains no space, so the key is unique for each pair. */
function sourceKey(dataSourceUuid: string, externalId: string): string {
  return `${dataSourceUuid} ${externalId}`;
}
