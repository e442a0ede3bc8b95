import { formatInstant } from '../domain/journey/instant.js';
import { AttentionAges } from '../journeys/attention-ages.js';
import { countAttention, countStages } from '../journeys/counts.js';
import type { JourneySummary, Journeys } from '../journeys/index.js';
import type { WorkerMetrics } from './metrics.js';

/** Temporal's visibility store may lag by this much. */
const lagMs = 2 * 60_000;

/**
 * Asks Temporal's visibility store about the account's journeys, and writes the answers to the metrics. Five calls if no
 * journey needs attention, and about twenty if some do.
 */
export class JourneySurvey {
  private readonly ages: AttentionAges;
  /** The runs that were counted as proven, of those that the next survey lists again. */
  private proven = new Set<string>();
  private surveyedAt = Date.now();
  /** What ended before is another worker's to count. */
  private countsSince = Date.now();

  constructor(
    private readonly journeys: Journeys,
    private readonly metrics: WorkerMetrics,
  ) {
    this.ages = new AttentionAges(journeys);
  }

  /** Removes what the last survey has shown: another worker surveys, or Temporal did not answer. */
  private clear(): void {
    const { journeys, attention, oldestAttention } = this.metrics;
    for (const gauge of [journeys, attention, oldestAttention]) gauge.reset();
  }

  /** Another worker surveys now. */
  skip(): void {
    this.countsSince = Date.now();
    this.proven.clear();
    this.clear();
  }

  /** @throws TemporalUnavailableError */
  async survey(): Promise<void> {
    try {
      await this.countStages();
      await this.countAttention();
      await this.countProven();
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  private async countStages(): Promise<void> {
    for (const [stage, count] of await countStages(this.journeys)) this.metrics.journeys.set({ stage }, count);
  }

  private async countAttention(): Promise<void> {
    const { attention: gauge, oldestAttention } = this.metrics;
    const counts = await countAttention(this.journeys);
    const oldest = counts.size > 0 ? await this.ages.oldest() : [];
    gauge.reset();
    oldestAttention.reset();
    for (const [attention, count] of counts) gauge.set({ attention }, count);
    for (const [attention, { since }] of oldest) {
      oldestAttention.set({ attention }, Math.max(0, (Date.now() - since) / 1000));
    }
  }

  private async countProven(): Promise<void> {
    const now = Date.now();
    const closedSince = formatInstant(new Date(Math.max(this.surveyedAt - lagMs, this.countsSince)));
    const listed = new Set<string>();
    for await (const journey of this.journeys.list({ stage: 'proven', closedSince })) {
      listed.add(journey.runId);
      const seconds = secondsToProven(journey);
      if (!this.proven.has(journey.runId) && seconds !== undefined) this.metrics.paymentToProven.observe(seconds);
      this.proven.add(journey.runId); // also if the list breaks off
    }
    this.proven = listed;
    this.surveyedAt = now;
  }
}

/** A payment may be reported long after it, as in an import: then the journey did not exist before its start. */
function secondsToProven({ paidAt, startedAt, closedAt }: JourneySummary): number | undefined {
  if (paidAt === undefined || closedAt === undefined) return undefined;
  const begin = Math.max(Date.parse(paidAt), Date.parse(startedAt));
  return Math.max(0, (Date.parse(closedAt) - begin) / 1000);
}
