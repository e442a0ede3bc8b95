import { takeFault } from './faults.js';
import { ingest } from './ingestion.js';
import { readKnobs } from './knobs.js';
import { Limits } from './limits.js';
import { merge, unmerge } from './merging.js';
import { Pending } from './pending.js';
import { RequestLog } from './request-log.js';
import { Store } from './store.js';
import { timeUuid } from './uuids.js';
/** The one ChartMogul account that the sandbox plays: its records, what is still to happen to them, its behaviour. */
export class Account {
    store = new Store();
    pending = new Pending(this.store.jobs);
    limits = new Limits();
    log = new RequestLog();
    #startKnobs;
    #knobs;
    /** Told of a customer of the integration that has just turned Active. */
    onNewBusiness = () => { };
    /** Told that everything was emptied. */
    onReset = () => { };
    constructor(knobs) {
        this.#startKnobs = knobs;
        this.#knobs = readKnobs(knobs);
    }
    get knobs() {
        return this.#knobs;
    }
    /** Empties everything; knobs that are not given go back to what they were at the start. */
    reset(settings) {
        const knobs = readKnobs({ ...this.#startKnobs, ...settings }); // throws before anything is lost
        const lastId = this.store.setting('lastId');
        this.store.clear();
        this.#knobs = knobs;
        // Ids are not used twice, so that a cursor of before the reset is not taken for one of now.
        if (lastId !== undefined)
            this.store.set('lastId', lastId);
        this.store.set('knobs', settings);
        this.store.set('leadsSourceUuid', this.addSource('Leads', knobs.sourceSystem));
        this.store.set('billingSourceUuid', this.addSource('Stripe', 'Stripe'));
        this.pending.reload();
        this.limits.refill(knobs.rateLimitPerSecond);
        this.log.clear();
        this.onReset();
        return this.sourceUuids();
    }
    /** After the store was read from a data file: the knobs of the last reset hold again. */
    resume() {
        const settings = this.store.setting('knobs');
        this.#knobs = readKnobs({ ...(typeof settings === 'object' ? settings : {}), ...this.#startKnobs });
        this.pending.reload();
        this.limits.refill(this.#knobs.rateLimitPerSecond);
    }
    sourceUuids() {
        return {
            leadsSourceUuid: this.store.setting('leadsSourceUuid') ?? '',
            billingSourceUuid: this.store.setting('billingSourceUuid') ?? '',
        };
    }
    addSource(name, system) {
        const uuid = timeUuid('ds');
        this.store.sources.put(uuid, { uuid, name, system, createdAt: Date.now() });
        return uuid;
    }
    /** The fault that this call of a route is to fail with, used up by asking. */
    takeFault(route) {
        return takeFault(this.store.faults, route);
    }
    /** Lets happen what is due by now. Called before every request, so that an answer never shows the past. */
    settle(now = Date.now()) {
        for (let job = this.pending.takeDue(now); job; job = this.pending.takeDue(now))
            this.carryOut(job);
    }
    carryOut({ work }) {
        if (work.kind === 'ingest')
            ingest(this, work.customer);
        else if (work.kind === 'merge')
            merge(this, work.fromUuid, work.intoUuid);
        else
            unmerge(this, work.customerUuid, work.dataSourceUuid, work.externalId);
    }
}
//# sourceMappingURL=account.js.map