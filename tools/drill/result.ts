import type { Audit } from './audit.js';
import type { HistoryFindings } from './histories.js';
import type { Unsettled } from './settling.js';
import type { UnaskedEnd } from './stack.js';

/** The result of a drill. */
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
  /** What people changed after journeys were proven, by kind. */
  readonly changes: Record<string, { readonly planned: number; readonly made: number; readonly underFaults: number }>;
  /** Requests of the operator that journeys refused. */
  readonly refused: readonly string[];
  /** The steps of the deployment of a second worker version. */
  readonly deployment: readonly string[];
  readonly audit: Audit;
  readonly unsettled: readonly Unsettled[];
  /** Listed journeys that need attention, by code, and wrong entries in that list. */
  readonly attention: { readonly byCode: Record<string, number>; readonly wrong: string[] };
  readonly histories: HistoryFindings;
  /** Processes that exited unexpectedly, except because Temporal was unavailable at startup. */
  readonly badEnds: readonly UnaskedEnd[];
  readonly seconds: number;
  /** The folder of the files, if there were findings. */
  readonly folder?: string;
}
