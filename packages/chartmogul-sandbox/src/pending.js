/** The work that is still to come, found by what triggers it. */
export class Pending {
    #jobs;
    #byTime = [];
    #counted = new Map();
    constructor(jobs) {
        this.#jobs = jobs;
    }
    /** Rebuilds everything from the table, after it was read from the data file or emptied. */
    reload() {
        this.#byTime.length = 0;
        this.#counted.clear();
        for (const job of this.#jobs.values())
            this.#index(job);
    }
    add(job) {
        this.#jobs.put(String(job.id), job);
        this.#index(job);
    }
    all() {
        return [...this.#jobs.values()];
    }
    /** When the next job is due by time, if any is. */
    nextDueAt() {
        return this.#byTime[0]?.at;
    }
    /** Takes out the next job that is due at this time, in the order of their due times. */
    takeDue(now) {
        const next = this.#byTime[0];
        if (!next || next.at > now)
            return undefined;
        this.#byTime.shift();
        this.#jobs.delete(String(next.job.id));
        return next.job;
    }
    /** Counts a lookup of this external id, and takes out the jobs that it lets happen. */
    countLookup(externalId) {
        return this.#count(`lookedUp ${externalId}`);
    }
    /** Counts a read of this record, and takes out the jobs that it lets happen. */
    countRead(uuid) {
        return this.#count(`read ${uuid}`);
    }
    #count(key) {
        const waiting = this.#counted.get(key);
        if (!waiting)
            return [];
        const ready = [];
        const left = [];
        for (const job of waiting) {
            if (job.trigger.when === 'due')
                continue;
            job.trigger.remaining -= 1;
            if (job.trigger.remaining > 0) {
                left.push(job);
                this.#jobs.put(String(job.id), job);
            }
            else {
                ready.push(job);
                this.#jobs.delete(String(job.id));
            }
        }
        if (left.length > 0)
            this.#counted.set(key, left);
        else
            this.#counted.delete(key);
        return ready;
    }
    #index(job) {
        const { trigger } = job;
        if (trigger.when === 'due') {
            const after = this.#byTime.findLastIndex((other) => other.at <= trigger.at);
            this.#byTime.splice(after + 1, 0, { at: trigger.at, job });
            return;
        }
        const key = trigger.when === 'read' ? `read ${trigger.uuid}` : `lookedUp ${trigger.externalId}`;
        this.#counted.set(key, [...(this.#counted.get(key) ?? []), job]);
    }
}
//# sourceMappingURL=pending.js.map