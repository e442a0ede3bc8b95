import { CustomerTable, Table } from './tables.js';
/** Recorded ids have nine digits; the Go client reads them into 32 bits. */
const firstId = 200_000_000;
/** Everything an account holds, in memory. */
export class Store {
    #dirty = new Map();
    #isTracking = false;
    #isCleared = false;
    sources = new Table(this.#noting('sources'));
    customers = new CustomerTable(this.#noting('customers'));
    contacts = new Table(this.#noting('contacts'));
    invoices = new Table(this.#noting('invoices'));
    plans = new Table(this.#noting('plans'));
    jobs = new Table(this.#noting('jobs'));
    faults = new Table(this.#noting('faults'));
    /** Merged-away uuid → the record it went into. */
    absorbed = new Table(this.#noting('absorbed'));
    /** Custom attributes have one type an account. */
    attributeTypes = new Table(this.#noting('attributeTypes'));
    settings = new Table(this.#noting('settings'));
    setting(name) {
        return this.settings.get(name); // the table mixes types; `set` is the only writer
    }
    set(name, value) {
        this.settings.put(name, value);
    }
    nextId() {
        const id = (this.setting('lastId') ?? firstId) + 1;
        this.set('lastId', id);
        return id;
    }
    /** The record a uuid stands for today: itself, or what it was merged into. */
    survivorOf(uuid) {
        let current = uuid;
        for (let next = this.absorbed.get(current); next !== undefined; next = this.absorbed.get(current))
            current = next;
        return this.customers.get(current);
    }
    clear() {
        for (const table of this.#tables().values())
            table.clear();
        this.#dirty.clear();
        this.#isCleared = this.#isTracking;
    }
    /** From now on changes are kept until taken. Without a data file nobody would take them. */
    trackChanges() {
        this.#isTracking = true;
    }
    /** What changed since the last call, as it is now; undefined if nothing did. */
    takeChanges() {
        if (this.#dirty.size === 0 && !this.#isCleared)
            return undefined;
        const tables = this.#tables();
        const rows = {};
        for (const [name, keys] of this.#dirty) {
            const table = tables.get(name);
            rows[name] = Object.fromEntries([...keys].map((key) => [key, table?.get(key) ?? null]));
        }
        const commit = this.#isCleared ? { cleared: true, rows } : { rows };
        this.#dirty = new Map();
        this.#isCleared = false;
        return commit;
    }
    /** Everything, in pieces of at most `size` records. */
    *snapshot(size) {
        for (const [name, table] of this.#tables()) {
            const rows = [...table.entries()];
            for (let start = 0; start < rows.length; start += size) {
                yield { [name]: Object.fromEntries(rows.slice(start, start + size)) };
            }
        }
    }
    /** Takes in what `takeChanges` or `snapshot` gave. Tables that this version does not know are left out. */
    apply({ cleared, rows }) {
        if (cleared)
            this.clear();
        const tables = this.#tables();
        for (const [name, changed] of Object.entries(rows)) {
            const table = tables.get(name);
            for (const [key, value] of Object.entries(changed)) {
                if (value === null)
                    table?.delete(key);
                else
                    table?.put(key, value);
            }
        }
    }
    #tables() {
        const { sources, customers, contacts, invoices, plans, jobs, faults, absorbed, attributeTypes, settings } = this;
        const tables = { sources, customers, contacts, invoices, plans, jobs, faults, absorbed, attributeTypes, settings };
        // Rows of the data file are written by this class only, and trusted as such.
        return new Map(Object.entries(tables));
    }
    #noting(table) {
        return (key) => {
            if (!this.#isTracking)
                return;
            const keys = this.#dirty.get(table) ?? new Set();
            this.#dirty.set(table, keys.add(key));
        };
    }
}
//# sourceMappingURL=store.js.map