import { type AttentionCode, attentionSentences } from '../domain/journey/attention.js';
import { formatInstant } from '../domain/journey/instant.js';
import { stages } from '../domain/journey/stage.js';
import type { JourneySummary, Journeys } from '../journeys/index.js';
import type { WorkerMetrics } from './metrics.js';

/** Of how many journeys in attention the age is looked at. */
const mostListed = 1_000;
/** How many journeys are asked since when they need attention, in one survey. Each question costs one query. */
const mostAsked = 20;
/** Temporal's visibility store may lag by this much. */
const lagMs = 2 * 60_000;

/**
 * Asks Temporal's visibility store about the account's journeys, and writes the answers to the metrics. Five calls if no
 * journey needs attention, and about twenty if some do.
 */
export class JourneySurvey {
  /** Since when a journey needs attention, in milliseconds, by run and code. */
  private attentionSince = new Map<string, number>();
  /** The runs that were counted as proven, of those that the next survey lists again. */
  private proven = new Set<string>();
  private surveyedAt = Date.now();
  /** What ended before is another worker's to count. */
  private countsSince = Date.now();

  constructor(
    private readonly journeys: Journeys,
    private readonly metrics: WorkerMetrics,
  ) {}

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
    for (const stage of stages) {
      this.metrics.journeys.set({ stage }, await this.journeys.count({ stage }));
    }
  }

  private async countAttention(): Promise<void> {
    const { attention: gauge, oldestAttention } = this.metrics;
    const isAny = (await this.journeys.count({ attention: true })) > 0;
    const counts: [AttentionCode, number][] = [];
    for (const attention of isAny ? attentionCodes : []) {
      counts.push([attention, await this.journeys.count({ attention })]);
    }
    const oldest = isAny ? await this.oldestAttention() : new Map<AttentionCode, number>();
    gauge.reset();
    oldestAttention.reset();
    for (const [attention, count] of counts) if (count > 0) gauge.set({ attention }, count);
    for (const [attention, since] of oldest) {
      oldestAttention.set({ attention }, Math.max(0, (Date.now() - since) / 1000));
    }
  }

  /** The visibility store does not contain when an attention began, so the journeys are asked, once each. */
  private async oldestAttention(): Promise<Map<AttentionCode, number>> {
    const oldest = new Map<AttentionCode, number>();
    const known = new Map<string, number>();
    let listed = 0;
    let asked = 0;
    for await (const { leadId, runId, attention } of this.journeys.list({ attention: true })) {
      if (listed === mostListed) break;
      listed += 1;
      if (attention === undefined) continue;
      const key = `${runId} ${attention}`;
      let since = this.attentionSince.get(key);
      if (since === undefined && asked < mostAsked) {
        asked += 1;
        since = await this.sinceWhen(leadId, attention).catch(() => {
          asked = mostAsked; // no worker answers, so the other journeys would not answer either
          return undefined;
        });
      }
      if (since === undefined) continue;
      known.set(key, since);
      oldest.set(attention, Math.min(since, oldest.get(attention) ?? since));
    }
    this.attentionSince = known;
    return oldest;
  }

  private async sinceWhen(leadId: string, code: AttentionCode): Promise<number | undefined> {
    const { attention } = await this.journeys.view(leadId);
    return attention?.code === code ? Date.parse(attention.since) : undefined;
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

const attentionCodes = Object.keys(attentionSentences) as AttentionCode[]; // its keys are the codes

/** A payment may be reported long after it, as in an import: then the journey did not exist before its start. */
function secondsToProven({ paidAt, startedAt, closedAt }: JourneySummary): number | undefined {
  if (paidAt === undefined || closedAt === undefined) return undefined;
  const begin = Math.max(Date.parse(paidAt), Date.parse(startedAt));
  return Math.max(0, (Date.parse(closedAt) - begin) / 1000);
}
