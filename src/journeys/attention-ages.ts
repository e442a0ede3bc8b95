import type { AttentionCode } from '../domain/journey/attention.js';
import type { Journeys } from './journeys.js';
import type { JourneySummary } from './search.js';

/** Of how many journeys in attention the age is looked at. */
const mostListed = 1_000;
/** How many journeys are asked since when they need attention, in one call. Each question costs one query. */
const mostAsked = 20;

/** Since when a journey needs attention. */
export interface AttentionAge {
  readonly leadId: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/**
 * Finds out how old an attention is. The visibility store does not contain when it began, so the journeys are asked, once
 * each. Needs a worker.
 */
export class AttentionAges {
  /** Whether the last answer was complete: no journey is left that was not asked. */
  isComplete = false;
  /** In milliseconds, by run and code. */
  private known = new Map<string, number>();

  constructor(private readonly journeys: Journeys) {}

  /** The oldest attention of each code, as far as it is known now. Empty if no worker answers. */
  async oldest(): Promise<Map<AttentionCode, AttentionAge>> {
    const oldest = new Map<AttentionCode, AttentionAge>();
    const known = new Map<string, number>();
    let mayAsk = mostAsked;
    this.isComplete = true;
    for (const { leadId, runId, attention } of await this.longestFirst()) {
      if (attention === undefined) continue;
      const key = `${runId} ${attention}`;
      let since = this.known.get(key);
      if (since === undefined && mayAsk > 0) {
        mayAsk -= 1;
        since = await this.sinceWhen(leadId, attention).catch(() => {
          mayAsk = 0; // no worker answers, so the other journeys would not answer either
          return undefined;
        });
      }
      if (since === undefined) {
        this.isComplete = false;
        continue;
      }
      known.set(key, since);
      if (since < (oldest.get(attention)?.since ?? Number.POSITIVE_INFINITY)) oldest.set(attention, { leadId, since });
    }
    this.known = known;
    return oldest;
  }

  /** Those that run for the longest time first: they are likely to need attention for the longest time, too. */
  private async longestFirst(): Promise<JourneySummary[]> {
    const listed: JourneySummary[] = [];
    for await (const journey of this.journeys.list({ attention: true })) {
      if (listed.push(journey) === mostListed) break;
    }
    return listed.reverse();
  }

  private async sinceWhen(leadId: string, code: AttentionCode): Promise<number | undefined> {
    const { attention } = await this.journeys.view(leadId);
    return attention?.code === code ? Date.parse(attention.since) : undefined;
  }
}
