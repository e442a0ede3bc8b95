/** What starts an `auditAccount` and what it answers. Like `messages.ts`, it imports no Node modules. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { AuditClass } from '../domain/audit/classes.js';
import type { FunnelDates } from '../domain/journey/dates.js';
import type { Instant } from '../domain/journey/instant.js';
import { defaultAccount } from './messages.js';

/** The workflow type. It runs on the journeys' task queue. */
export const auditAccountType = 'auditAccount';

/**
 * The id of the audit of an account, and of the schedule of its audits. The ids of scheduled audits add the time of
 * their start.
 */
export function auditId(account: string = defaultAccount): string {
  return `audit/${account}`;
}

/** The workflow's input. */
export interface AuditRequest {
  readonly account: string;
  /** Restarts the journeys of leads with a difference that a journey can remove. */
  readonly fix?: boolean;
  /** How many signals {@link expectLeads} come before the audit begins. Absent: none. */
  readonly chunks?: number;
}

/**
 * Leads of a file, which are expected besides the journeys: the number of the chunk, from 0, and the chunk as
 * `journeys/audit-file.ts` packs it. A chunk may be sent again. The audit reads them from its own history.
 */
export const expectLeads = defineSignal<[chunk: number, leads: string]>('expectLeads');

/** The progress and the counts so far. */
export const audit = defineQuery<AuditView>('audit');

export type AuditPhase = 'waiting for the file' | 'reading lists' | 'reading single records' | 'mending' | 'finished';

/** The state of an audit. */
export interface AuditView {
  readonly account: string;
  readonly phase: AuditPhase;
  readonly startedAt: Instant;
  /** Expected leads. Absent until they are listed. */
  readonly leads?: number;
  /** Requests to ChartMogul, without those of restarted journeys. */
  readonly requests: number;
  /** Records that lists have shown. */
  readonly records: number;
  /** Leads whose record was read singly, and how many are to be. */
  readonly examined: number;
  readonly doubts?: number;
  /** How many leads have each class, before anything was mended. `ok` is complete only at the end. */
  readonly counts: AuditCounts;
  /** The first leads of each class but `ok`. */
  readonly examples: readonly Difference[];
  /** With `fix`: what became of the restarted journeys. */
  readonly mending?: Mending;
  /** Only so many invoices were searched for trial line items. Absent: all. */
  readonly invoicesRead?: number;
}

export type AuditCounts = { readonly [found in AuditClass]?: number };

export interface Mending {
  readonly restarted: number;
  /** Proven again, or as it must be while the payment is awaited. */
  readonly mended: number;
  /** In attention, or ended otherwise. */
  readonly failed: number;
}

/** The result of an audit. */
export interface AuditReport extends Omit<AuditView, 'phase'> {
  readonly endedAt: Instant;
  /** Differences that are left: all, without those that were mended. */
  readonly differences: number;
  /** The differences of the last audit of the account, if Temporal retains its result. */
  readonly before?: number;
}

/** A lead that is not as it is known. Ids, dates and codes only. */
export interface Difference {
  readonly leadId: string;
  readonly class: AuditClass;
  /** What exactly, and by whom as far as can be told. */
  readonly detail?: string;
  /** UUID of the record in ChartMogul. */
  readonly uuid?: string;
  readonly expected?: FunnelDates;
  readonly actual?: FunnelDates;
  /** The one command for it, if a person must decide. */
  readonly command?: string;
}

/** What became of a lead whose journey was restarted. */
export interface Mended {
  readonly leadId: string;
  readonly mended: boolean;
  /** The attention code, or how the journey ended. */
  readonly detail?: string;
}

/** The activities whose results have the differences and what became of them; `--out` reads them from the history. */
export const auditResults = {
  lists: 'auditLists',
  doubts: 'auditDoubts',
  followed: 'followMended',
} as const;

/** A part of these results. */
export interface DifferencesFound {
  readonly differences?: readonly Difference[];
  readonly followed?: readonly Mended[];
}
