import type { Audit } from './audit.js';
import type { HistoryFindings } from './histories.js';
import type { Unsettled } from './settling.js';
import type { UnaskedEnd } from './stack.js';

/** All that a drill did and found. */
export interface DrillResult {
  readonly seed: number;
  readonly journeys: number;
  readonly minutes: number;
  readonly stories: Record<string, number>;
  readonly reports: number;
  readonly repeatedReports: number;
  readonly retriesByOperator: number;
  readonly requests: number;
  readonly requestsByRoute: Record<string, number>;
  /** By process. */
  readonly kills: Record<string, { readonly all: number; readonly withWorkInFlight: number }>;
  /** Faults that a request met, by kind and by route. */
  readonly faults: { readonly byKind: Record<string, number>; readonly byRoute: Record<string, number> };
  readonly audit: Audit;
  readonly unsettled: readonly Unsettled[];
  /** Journeys that stand in the list of those that need somebody, by code, and those of which it says something wrong. */
  readonly attention: { readonly byCode: Record<string, number>; readonly wrong: string[] };
  readonly histories: HistoryFindings;
  /** Processes that ended by themselves for another reason than that Temporal was away when they started. */
  readonly badEnds: readonly UnaskedEnd[];
  readonly seconds: number;
  /** Where the files are, if anything is off. */
  readonly folder?: string;
}
