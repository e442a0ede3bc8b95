import type { Rest } from '../journeys/progress.js';
import type { Origin } from './journey-progress.js';

/** The results of an import so far. */
export interface Counts {
  /** Completed lines: their journeys are idle. */
  lines: number;
  /** Lines without new facts: the lead's journey already had them all and was idle. */
  known: number;
  /** Leads whose record this import created, or found in ChartMogul. */
  created: number;
  adopted: number;
  /** Leads that are merged with their billing customer. */
  merged: number;
  /** Leads in progress. */
  underWay: number;
  /** Lines of leads without a journey, in a file that only adds to leads: nothing was reported. */
  unknown: number;
  /** The first of these leads. */
  readonly unknownLeads: string[];
  /** Lines in progress whose journeys were started or notified, and continue without the import. */
  reported: number;
  /** The number of journeys by the state in which they became idle. */
  readonly rest: { [rest in Rest]: number };
}

export function noCounts(): Counts {
  const rest = { proven: 0, open: 0, attention: 0, closed: 0, ended: 0 };
  return {
    lines: 0,
    known: 0,
    created: 0,
    adopted: 0,
    merged: 0,
    underWay: 0,
    unknown: 0,
    unknownLeads: [],
    reported: 0,
    rest,
  };
}

/** The state of an idle journey. */
export interface AtRest {
  readonly rest: Rest;
  readonly isMerged: boolean;
  readonly origin?: Origin | undefined;
}

/** Counts an idle journey. */
export function countRest(counts: Counts, { rest, isMerged, origin }: AtRest): void {
  if (origin !== undefined) counts[origin] += 1;
  counts.rest[rest] += 1;
  if (isMerged) counts.merged += 1;
}
