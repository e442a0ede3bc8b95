import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds } from '../domain/duration.js';
import type { Journeys } from '../journeys/index.js';
import { type JourneyProgress, progressOf } from '../journeys/progress.js';
import { CredentialRefusedError, TemporalUnavailableError } from '../temporal/errors.js';
import { lookupInterval } from '../workflows/policy.js';
import type { Checked } from './check.js';
import { onlyAdds } from './columns.js';
import { type AtRest, type Counts, countRest, noCounts } from './counts.js';
import { JoinedLeads, type Lead } from './joined-leads.js';
import { knows, originOf } from './journey-progress.js';
import type { LeadFile } from './lead-file.js';
import { Semaphore } from './semaphore.js';

export interface RunOptions {
  /** Should start journeys with `backfillPriority`, so that live journeys go first. */
  readonly journeys: Journeys;
  /** The maximum number of journeys with outstanding steps. */
  readonly window: number;
  /** The rate limit of the account's requests. */
  readonly requestsPerSecond: number;
  readonly onProgress?: (counts: Readonly<Counts>) => void;
  /** Stops the import: it starts no more journeys, and started journeys continue without it. */
  readonly signal?: AbortSignal;
}

/**
 * Starts or notifies the journeys of a checked file, without its bad lines, and waits until each journey is idle:
 * proven, waiting for a trial or a payment, or in attention. All lines of a lead are joined before it is reported. It is
 * always safe to run again: facts that a journey already knows are not reported again.
 *
 * @throws TemporalUnavailableError if Temporal is unavailable for five minutes
 * @throws CredentialRefusedError if Temporal refuses the credential for five minutes
 */
export async function runImport(file: LeadFile, checked: Checked, options: RunOptions): Promise<Counts> {
  return new Run(checked, options).all(file);
}

/** Concurrent calls to Temporal: enough to keep the window full, and a negligible load. */
const callsAtOnce = 10;
const outage = { lastsMs: 5 * 60_000, pauseMs: 10_000 };
/** A pause that is long enough to lend the slot to another journey. */
const longPauseMs = 10_000;
/** How many leads without a journey are listed. */
const mostUnknown = 10_000;
/** The longest interval between two checks of a journey that makes no progress. */
const longestWaitMs = 10_000;

class Run {
  private readonly counts = noCounts();
  private readonly failing = new AbortController();
  private readonly stopped: AbortSignal;
  /** Limits the journeys with an outstanding step. */
  private readonly window: Semaphore;
  /** Limits the journeys that look up their payer once a minute, to at most half of the account's rate. */
  private readonly patient: Semaphore;
  private readonly calls = new Semaphore(callsAtOnce);
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly checked: Checked,
    private readonly options: RunOptions,
  ) {
    const { window, requestsPerSecond, signal } = options;
    this.window = new Semaphore(window);
    this.patient = new Semaphore(Math.ceil((requestsPerSecond * milliseconds(lookupInterval)) / 1000 / 2));
    this.stopped = signal ? AbortSignal.any([signal, this.failing.signal]) : this.failing.signal;
    setMaxListeners(0, this.stopped); // each journey in the window adds a listener
  }

  async all(file: LeadFile): Promise<Counts> {
    await this.beginAll(file).catch((error) => this.stop(error));
    await Promise.all(this.running);
    if (this.failing.signal.aborted) throw this.failing.signal.reason;
    return this.counts;
  }

  private async beginAll(file: LeadFile): Promise<void> {
    const { columns, repeats } = this.checked;
    const joined = await JoinedLeads.read(file, columns, repeats.lines, this.stopped);
    for await (const lines of file.lines(columns)) {
      for (const line of lines) {
        const lead = line.isGood ? joined.of(line) : undefined;
        if (lead === undefined) continue;
        await this.window.acquire();
        if (this.stopped.aborted) return;
        this.begin(lead);
      }
    }
  }

  private begin(lead: Lead): void {
    this.counts.underWay += 1;
    const now = this.follow(lead)
      .catch((error) => this.stop(error))
      .finally(() => {
        this.running.delete(now);
        this.options.onProgress?.(this.counts);
      });
    this.running.add(now);
    this.options.onProgress?.(this.counts);
  }

  /** Processes one lead, until its journey is idle. */
  private async follow(lead: Lead): Promise<void> {
    const slot = new Slot(this.window, this.patient);
    try {
      const { journeys } = this.options;
      const found = await this.call(() => progressOf(journeys, lead.leadId));
      const isAddition = onlyAdds(this.checked.columns);
      if (isAddition && (found === undefined || found.rest === 'closed')) {
        this.leaveOut(lead);
        return;
      }
      const isKnown = found?.rest !== undefined && (await this.call(() => knows(journeys, found, lead.facts)));
      if (!isKnown) await this.tell(lead);
      const progress = isKnown ? found : await this.untilRest(lead.leadId, slot);
      const atRest = atRestOf(progress);
      if (progress === undefined || atRest === undefined) return; // the import was stopped
      const origin = isKnown || isAddition ? undefined : await this.call(() => originOf(journeys, progress.summary));
      this.count(lead, { ...atRest, origin }, isKnown);
    } finally {
      this.counts.underWay -= 1; // first, since the next lead starts as soon as the slot is free
      slot.leave();
    }
  }

  private async tell({ leadId, lines, messages }: Lead): Promise<void> {
    for (const message of messages) await this.call(() => this.options.journeys.reported(leadId, message));
    this.counts.reported += lines;
  }

  /**
   * Polls a journey until it is idle. The first poll waits until the requests queued before it should be done, so
   * that most journeys take one or two polls. The interval grows with each further poll.
   */
  private async untilRest(leadId: string, slot: Slot): Promise<JourneyProgress | undefined> {
    const queueMs = (this.window.taken / this.options.requestsPerSecond) * 1000;
    let pauseMs = Math.max(300, queueMs);
    for (let later = Math.max(300, queueMs / 4); ; later = Math.min(later * 1.3, longestWaitMs)) {
      await sleep(pauseMs, undefined, { signal: this.stopped }).catch(() => undefined);
      if (this.stopped.aborted) return undefined;
      const progress = await this.call(() => progressOf(this.options.journeys, leadId));
      if (progress === undefined || progress.rest !== undefined) return progress;
      const restMs = (progress.pausesUntil ?? 0) - Date.now();
      if (restMs > longPauseMs) slot.lend();
      pauseMs = Math.max(0, restMs) + later;
    }
  }

  private leaveOut({ leadId, lines }: Lead): void {
    this.counts.unknown += lines;
    if (this.counts.unknownLeads.length < mostUnknown) this.counts.unknownLeads.push(leadId);
  }

  private count({ lines }: Lead, atRest: AtRest, isKnown: boolean): void {
    const { counts } = this;
    counts.lines += lines;
    if (isKnown) counts.known += lines;
    else counts.reported -= lines;
    countRest(counts, atRest);
  }

  /** Calls Temporal, with retries through an outage of minutes. Makes no more calls once the import is stopped. */
  private async call<T>(call: () => Promise<T>): Promise<T> {
    const begun = Date.now();
    for (;;) {
      try {
        return await this.calls.run(async () => {
          this.stopped.throwIfAborted();
          return call();
        });
      } catch (error) {
        // An API key may be replaced in its file.
        const isOutage = error instanceof TemporalUnavailableError || error instanceof CredentialRefusedError;
        const mayPass = isOutage && Date.now() - begun < outage.lastsMs;
        if (!mayPass || this.stopped.aborted) throw error;
        await sleep(outage.pauseMs, undefined, { signal: this.stopped }).catch(() => undefined);
      }
    }
  }

  private stop(error: unknown): void {
    if (!this.stopped.aborted) this.failing.abort(error);
  }
}

/** A journey's slot in the window. During a long pause, it is exchanged for a slot in `patient`. */
class Slot {
  private isLent = false;

  constructor(
    private readonly window: Semaphore,
    private readonly patient: Semaphore,
  ) {}

  lend(): void {
    if (this.isLent || !this.patient.tryAcquire()) return;
    this.isLent = true;
    this.window.release();
  }

  leave(): void {
    (this.isLent ? this.patient : this.window).release();
  }
}

function atRestOf(progress: JourneyProgress | undefined): AtRest | undefined {
  if (progress?.rest === undefined) return undefined;
  return { rest: progress.rest, isMerged: progress.summary.mergedAt !== undefined };
}
