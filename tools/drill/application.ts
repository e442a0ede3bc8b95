import { setTimeout as sleep } from 'node:timers/promises';
import { JourneyNotFoundError, type Journeys, TemporalUnavailableError } from '../../src/journeys/index.js';
import type { Random } from './random.js';
import type { SandboxControl } from './sandbox.js';
import type { Fact, Payer } from './stories.js';
import type { PlannedLead } from './truth.js';

const hintsPerSecond = 25;

/** An application and its billing system: they send reports, and repeat those that failed. */
export class Application {
  reports = 0;
  /** Reports that were repeated because Temporal was unavailable. */
  repeatedReports = 0;
  retries = 0;
  /** Leads whose reports are all sent. */
  readonly told = new Set<string>();
  /** Starter calls in progress. */
  underWay = 0;

  constructor(
    private readonly journeys: Journeys,
    private readonly sandbox: () => SandboxControl,
  ) {}

  /** Sends all reports of a lead, spread over a period. */
  async tell(lead: PlannedLead, random: Random, { until }: { readonly until: number }): Promise<void> {
    const begin = Date.now();
    const spanMs = Math.max(0, until - begin);
    await sleep(lead.startsAt * spanMs);
    const gapMs = (spanMs * 0.25) / lead.facts.length;
    for (const fact of lead.facts) {
      await this.report(lead.leadId, fact);
      // The billing integration may be early or late.
      const customers = [lead.payer, lead.otherPayer, lead.wrongPayer];
      for (const payer of fact.kind === 'paymentSucceeded' ? customers : []) {
        if (payer?.shows) await this.ingest(payer, random.whole(0, 8_000));
      }
      await sleep(random.whole(0, 2 * gapMs));
    }
    this.told.add(lead.leadId);
  }

  /** The operator on duty: retries journeys that need attention, and notifies journeys to look for their payers. */
  async attend(leads: readonly PlannedLead[], random: Random, { until }: { readonly until: number }): Promise<void> {
    while (Date.now() < until) {
      await sleep(1_000);
      const some = random.shuffled(leads).slice(0, hintsPerSecond);
      await Promise.all(some.map(({ leadId }) => this.repeating(() => this.journeys.payerHint(leadId))));
      await this.repeating(async () => {
        for await (const { leadId } of this.journeys.list({ attention: true })) {
          if (!random.chance(0.3)) continue;
          this.retries += 1;
          await this.journeys.retry(leadId).catch(unlessNotFound);
        }
      });
    }
  }

  /** Repeats a report until Temporal accepts it. */
  private async report(leadId: string, { kind, ...report }: Fact): Promise<void> {
    this.reports += 1;
    this.underWay += 1;
    try {
      await this.repeating(() => this.journeys[kind](leadId, report));
    } finally {
      this.underWay -= 1;
    }
  }

  private async repeating(call: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await call();
        return;
      } catch (error) {
        if (error instanceof JourneyNotFoundError) return; // it has ended or not started
        if (!(error instanceof TemporalUnavailableError)) throw error;
        this.repeatedReports += 1;
        await sleep(200);
      }
    }
  }

  private async ingest(payer: Payer, delayMs: number): Promise<void> {
    const { externalId, trialStartedAt, paidAt, afterLookups } = payer;
    await this.sandbox().ingest({
      external_id: externalId,
      ...(paidAt !== undefined && { paid_at: paidAt }),
      ...(trialStartedAt !== undefined && { trial_started_at: trialStartedAt }),
      ...(afterLookups > 0 ? { afterLookups } : { delayMs }),
    });
  }
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof JourneyNotFoundError)) throw error;
}
