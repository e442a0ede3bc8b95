import type { Fault } from './faults.js';
import { takeFault } from './faults.js';
import { type KnobSettings, type Knobs, readKnobs } from './knobs.js';
import { Limits } from './limits.js';
import { Pending } from './pending.js';
import type { Customer } from './records.js';
import { RequestLog } from './request-log.js';
import { Store } from './store.js';
import { timeUuid } from './uuids.js';

/** The uuids that a test needs after every reset. */
export interface SourceUuids {
  leadsSourceUuid: string;
  billingSourceUuid: string;
}

/** The ChartMogul account of the sandbox: its records, its pending jobs, its knobs. */
export class Account {
  readonly store = new Store();
  readonly pending = new Pending(this.store.jobs);
  readonly limits = new Limits();
  readonly log = new RequestLog();
  readonly #startKnobs: KnobSettings;
  #knobs: Knobs;
  /** Called when a customer of the integration becomes Active. */
  onNewBusiness: (customer: Customer) => void = () => {};

  /** Called after a reset. */
  onReset: () => void = () => {};

  constructor(knobs: KnobSettings) {
    this.#startKnobs = knobs;
    this.#knobs = readKnobs(knobs);
  }

  get knobs(): Knobs {
    return this.#knobs;
  }

  /** Deletes all data; knobs that are not given return to their start values. */
  reset(settings: Record<string, unknown>): SourceUuids {
    const knobs = readKnobs({ ...this.#startKnobs, ...settings }); // throws before anything is deleted
    const lastId = this.store.setting('lastId');
    this.store.clear();
    this.#knobs = knobs;
    // Ids are never reused, so that a cursor from before the reset does not match new records.
    if (lastId !== undefined) this.store.set('lastId', lastId);
    this.store.set('knobs', settings);
    this.store.set('leadsSourceUuid', this.addSource('Leads', knobs.sourceSystem));
    this.store.set('billingSourceUuid', this.addSource('Stripe', 'Stripe'));
    this.pending.reload();
    this.limits.refill(knobs.rateLimitPerSecond);
    this.log.clear();
    this.onReset();
    return this.sourceUuids();
  }

  /** Restores the knobs of the last reset after the store was read from a data file. */
  resume(): void {
    const settings = this.store.setting('knobs');
    this.#knobs = readKnobs({ ...(typeof settings === 'object' ? settings : {}), ...this.#startKnobs });
    this.pending.reload();
    this.limits.refill(this.#knobs.rateLimitPerSecond);
  }

  sourceUuids(): SourceUuids {
    return {
      leadsSourceUuid: this.store.setting('leadsSourceUuid') ?? '',
      billingSourceUuid: this.store.setting('billingSourceUuid') ?? '',
    };
  }

  addSource(name: string, system: string): string {
    const uuid = timeUuid('ds');
    this.store.sources.put(uuid, { uuid, name, system, createdAt: Date.now() });
    return uuid;
  }

  /** Takes the fault for this call of a route, if there is one. */
  takeFault(route: string): Fault | undefined {
    return takeFault(this.store.faults, route);
  }
}
