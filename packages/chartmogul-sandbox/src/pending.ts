import type { Table } from './tables.js';

/** A customer as the billing integration reports it. */
export interface IngestedCustomer {
  /** Default: the source "Stripe". */
  dataSourceUuid?: string | undefined;
  externalId: string;
  name?: string | undefined;
  email?: string | undefined;
  trialStartedAt?: number | undefined;
  paidAt?: number | undefined;
  mrrInCents: number;
}

type Work =
  | { kind: 'ingest'; customer: IngestedCustomer }
  | { kind: 'merge'; fromUuid: string; intoUuid: string }
  | { kind: 'unmerge'; customerUuid: string; dataSourceUuid: string; externalId: string };

/** What triggers a job: a time, the n-th lookup of an external id, or the n-th read of a record. */
type Trigger =
  | { when: 'due'; at: number }
  | { when: 'lookedUp'; externalId: string; remaining: number }
  | { when: 'read'; uuid: string; remaining: number };

/** Something ChartMogul does some time after the request. */
export interface Job {
  id: number;
  trigger: Trigger;
  work: Work;
}

/** The pending jobs, indexed by trigger. */
export class Pending {
  readonly #jobs: Table<Job>;
  readonly #byTime: { at: number; job: Job }[] = [];
  readonly #counted = new Map<string, Job[]>();

  constructor(jobs: Table<Job>) {
    this.#jobs = jobs;
  }

  /** Rebuilds the indexes from the table, after it was read from the data file or cleared. */
  reload(): void {
    this.#byTime.length = 0;
    this.#counted.clear();
    for (const job of this.#jobs.values()) this.#index(job);
  }

  add(job: Job): void {
    this.#jobs.put(String(job.id), job);
    this.#index(job);
  }

  all(): Job[] {
    return [...this.#jobs.values()];
  }

  /** The due time of the next timed job, if there is one. */
  nextDueAt(): number | undefined {
    return this.#byTime[0]?.at;
  }

  /** Removes and returns the next job that is due at this time, earliest first. */
  takeDue(now: number): Job | undefined {
    const next = this.#byTime[0];
    if (!next || next.at > now) return undefined;
    this.#byTime.shift();
    this.#jobs.delete(String(next.job.id));
    return next.job;
  }

  /** Counts a lookup of this external id; removes and returns the jobs that it triggers. */
  countLookup(externalId: string): Job[] {
    return this.#count(`lookedUp ${externalId}`);
  }

  /** Counts a read of this record; removes and returns the jobs that it triggers. */
  countRead(uuid: string): Job[] {
    return this.#count(`read ${uuid}`);
  }

  #count(key: string): Job[] {
    const waiting = this.#counted.get(key);
    if (!waiting) return [];
    const ready: Job[] = [];
    const left: Job[] = [];
    for (const job of waiting) {
      if (job.trigger.when === 'due') continue;
      job.trigger.remaining -= 1;
      if (job.trigger.remaining > 0) {
        left.push(job);
        this.#jobs.put(String(job.id), job);
      } else {
        ready.push(job);
        this.#jobs.delete(String(job.id));
      }
    }
    if (left.length > 0) this.#counted.set(key, left);
    else this.#counted.delete(key);
    return ready;
  }

  #index(job: Job): void {
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
