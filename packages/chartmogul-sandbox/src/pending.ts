import type { Table } from './tables.js';

/** A customer as the billing integration reports it. */
export interface IngestedCustomer {
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

/** What lets a job happen: a time, the n-th lookup of an external id, or the n-th read of a record. */
type Trigger =
  | { when: 'due'; at: number }
  | { when: 'lookedUp'; externalId: string; remaining: number }
  | { when: 'read'; uuid: string; remaining: number };

/** Something ChartMogul does later than it was asked for. */
export interface Job {
  id: number;
  trigger: Trigger;
  work: Work;
}

/** The work that is still to come, found by what triggers it. */
export class Pending {
  readonly #jobs: Table<Job>;
  readonly #byTime: { at: number; job: Job }[] = [];
  readonly #counted = new Map<string, Job[]>();

  constructor(jobs: Table<Job>) {
    this.#jobs = jobs;
  }

  /** Rebuilds everything from the table, after it was read from the data file or emptied. */
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

  /** When the next job is due by time, if any is. */
  nextDueAt(): number | undefined {
    return this.#byTime[0]?.at;
  }

  /** Takes out the next job that is due at this time, in the order of their due times. */
  takeDue(now: number): Job | undefined {
    const next = this.#byTime[0];
    if (!next || next.at > now) return undefined;
    this.#byTime.shift();
    this.#jobs.delete(String(next.job.id));
    return next.job;
  }

  /** Counts a lookup of this external id, and takes out the jobs that it lets happen. */
  countLookup(externalId: string): Job[] {
    return this.#count(`lookedUp ${externalId}`);
  }

  /** Counts a read of this record, and takes out the jobs that it lets happen. */
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
