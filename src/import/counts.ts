import type { Origin, Rest } from './journey-progress.js';

/** What became of the leads of a file so far. */
export interface Counts {
  /** Lines dealt with: their journeys have come to rest. */
  lines: number;
  /** Lines that said nothing new: the journey of their lead knew it all, and rested. */
  known: number;
  /** Leads whose record this import made, or found in ChartMogul. */
  created: number;
  adopted: number;
  /** Leads that are one record with their billing customer. */
  merged: number;
  /** Lines that are being dealt with. */
  underWay: number;
  /** Those of them whose journeys were started or told, and go on without the import. */
  reported: number;
  /** Where the journeys of the leads stand. */
  readonly rest: { [rest in Rest]: number };
}

export function noCounts(): Counts {
  const rest = { proven: 0, open: 0, attention: 0, closed: 0, ended: 0 };
  return { lines: 0, known: 0, created: 0, adopted: 0, merged: 0, underWay: 0, reported: 0, rest };
}

/** How a journey was found at rest. */
export interface AtRest {
  readonly rest: Rest;
  readonly isMerged: boolean;
  readonly origin?: Origin | undefined;
}

/** Counts a journey that has come to rest; `before` is how an earlier line of the same lead had left it. */
export function countRest(counts: Counts, { rest, isMerged, origin }: AtRest, before?: AtRest): void {
  if (before) {
    counts.rest[before.rest] -= 1;
    if (before.isMerged) counts.merged -= 1;
  } else if (origin !== undefined) counts[origin] += 1;
  counts.rest[rest] += 1;
  if (isMerged) counts.merged += 1;
}
