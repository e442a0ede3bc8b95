import type { Fault } from './faults.js';
import type { Job } from './pending.js';
import type { AttributeType, Contact, Customer, Invoice, Plan, Source } from './records.js';
import { CustomerTable, Table } from './tables.js';

/** New values by table and key; null for a deleted row. */
export type Changes = Record<string, Record<string, unknown>>;

/** The changes between two writes: an optional clear, then changed rows. */
export interface Commit {
  cleared?: true;
  rows: Changes;
}

interface Settings {
  leadsSourceUuid: string;
  billingSourceUuid: string;
  lastId: number;
  knobs: unknown;
}

/** Recorded ids have nine digits; the Go client reads them into 32 bits. */
const firstId = 200_000_000;

/** All data of an account, in memory. */
export class Store {
  #dirty = new Map<string, Set<string>>();
  #isTracking = false;
  #isCleared = false;

  readonly sources = new Table<Source>(this.#noting('sources'));
  readonly customers = new CustomerTable(this.#noting('customers'));
  readonly contacts = new Table<Contact>(this.#noting('contacts'));
  readonly invoices = new Table<Invoice>(this.#noting('invoices'));
  readonly plans = new Table<Plan>(this.#noting('plans'));
  readonly jobs = new Table<Job>(this.#noting('jobs'));
  readonly faults = new Table<Fault>(this.#noting('faults'));
  /** Merged-away uuid → the record it went into. */
  readonly absorbed = new Table<string>(this.#noting('absorbed'));
  /** A custom attribute has one type per account. */
  readonly attributeTypes = new Table<AttributeType>(this.#noting('attributeTypes'));
  readonly settings = new Table<Settings[keyof Settings]>(this.#noting('settings'));

  setting<K extends keyof Settings>(name: K): Settings[K] | undefined {
    return this.settings.get(name) as Settings[K] | undefined; // the table mixes types; `set` is the only writer
  }

  set<K extends keyof Settings>(name: K, value: Settings[K]): void {
    this.settings.put(name, value);
  }

  nextId(): number {
    const id = (this.setting('lastId') ?? firstId) + 1;
    this.set('lastId', id);
    return id;
  }

  /** The record for a uuid: itself, or the record it was merged into. */
  survivorOf(uuid: string): Customer | undefined {
    let current = uuid;
    for (let next = this.absorbed.get(current); next !== undefined; next = this.absorbed.get(current)) current = next;
    return this.customers.get(current);
  }

  clear(): void {
    for (const table of this.#tables().values()) table.clear();
    this.#dirty.clear();
    this.#isCleared = this.#isTracking;
  }

  /** Starts tracking changes. Without a data file nothing would consume them. */
  trackChanges(): void {
    this.#isTracking = true;
  }

  /** The current values of all rows changed since the last call; undefined if there are none. */
  takeChanges(): Commit | undefined {
    if (this.#dirty.size === 0 && !this.#isCleared) return undefined;
    const tables = this.#tables();
    const rows: Changes = {};
    for (const [name, keys] of this.#dirty) {
      const table = tables.get(name);
      rows[name] = Object.fromEntries([...keys].map((key) => [key, table?.get(key) ?? null]));
    }
    const commit: Commit = this.#isCleared ? { cleared: true, rows } : { rows };
    this.#dirty = new Map();
    this.#isCleared = false;
    return commit;
  }

  /** All rows, in chunks of at most `size` records. */
  *snapshot(size: number): Generator<Changes> {
    for (const [name, table] of this.#tables()) {
      const rows = [...table.entries()];
      for (let start = 0; start < rows.length; start += size) {
        yield { [name]: Object.fromEntries(rows.slice(start, start + size)) };
      }
    }
  }

  /** Applies the result of `takeChanges` or `snapshot`. Unknown tables are ignored. */
  apply({ cleared, rows }: Commit): void {
    if (cleared) this.clear();
    const tables = this.#tables();
    for (const [name, changed] of Object.entries(rows)) {
      const table = tables.get(name);
      for (const [key, value] of Object.entries(changed)) {
        if (value === null) table?.delete(key);
        else table?.put(key, value);
      }
    }
  }

  #tables(): Map<string, Table<unknown>> {
    const { sources, customers, contacts, invoices, plans, jobs, faults, absorbed, attributeTypes, settings } = this;
    const tables = { sources, customers, contacts, invoices, plans, jobs, faults, absorbed, attributeTypes, settings };
    // Only this class writes rows of the data file, so they are trusted.
    return new Map(Object.entries(tables)) as unknown as Map<string, Table<unknown>>;
  }

  #noting(table: string): (key: string) => void {
    return (key) => {
      if (!this.#isTracking) return;
      const keys = this.#dirty.get(table) ?? new Set();
      this.#dirty.set(table, keys.add(key));
    };
  }
}
