import type { AuditCounts, Difference } from '../../workflows/audit-messages.js';

/** What every part of an audit needs to know of it. */
export interface AuditPart {
  readonly account: string;
  /** The first run of the audit: it has the leads of the file. */
  readonly firstRunId: string;
  /** Journeys that began later are not expected, and not unknown. */
  readonly startedAt: string;
  readonly chunks: number;
  /** Hashes of the records with trial line items. */
  readonly trialRecords: readonly string[];
}

/** Where the next part of the lists begins. */
export interface Position {
  /** The number of the source: leads, billing, further billing. */
  readonly source: number;
  readonly cursor?: string;
}

export interface ListsInput extends AuditPart {
  readonly position: Position;
  /** Which expected leads a list has shown to be right: see `RightLeads`. */
  readonly right?: string;
  /** The list of the leads source has shown a record whose primary customer is another source's. */
  readonly showsMerged?: boolean;
}

export interface ListsOutput {
  /** Absent if all lists are read. */
  readonly position?: Position;
  readonly right: string;
  readonly showsMerged: boolean;
  readonly leads: number;
  /** Expected leads that no list has shown to be right so far. */
  readonly inDoubt: number;
  readonly requests: number;
  readonly records: number;
  /** Leads that nobody reported. */
  readonly differences: readonly Difference[];
}

export interface DoubtsInput extends AuditPart {
  readonly right: string;
  /** The hash of the first lead of this part. */
  readonly from: number;
}

export interface DoubtsOutput {
  /** The hash where the next part begins. Absent if all doubts are resolved. */
  readonly next?: number;
  /** The expected leads between the two: those that were examined, and those that are right. */
  readonly leads: number;
  readonly examined: number;
  readonly requests: number;
  readonly counts: AuditCounts;
  readonly differences: readonly Difference[];
}

export interface TrialRecordsInput {
  readonly account: string;
  readonly cursor?: string;
}

export interface TrialRecordsOutput {
  readonly next?: string;
  readonly invoices: number;
  readonly requests: number;
  /** See {@link AuditPart.trialRecords}. */
  readonly trialRecords: readonly string[];
}
