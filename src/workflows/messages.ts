/**
 * Everything an application needs to send messages to a journey: names, types, ids. Imports no Node modules, and only
 * pure code of this package, so that any program can import it.
 */
import type { Duration } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AttentionCode, StepName } from '../domain/journey/attention.js';
import type { FunnelDates } from '../domain/journey/dates.js';
import type { CorrectableDate, PayerTrial, Withdrawal } from '../domain/journey/facts.js';
import type { Instant } from '../domain/journey/instant.js';
import type { Notice } from '../domain/journey/notices.js';
import type { LeadReport, PaymentReport, Reports, TrialReport } from '../domain/journey/reports.js';
import type { Stage } from '../domain/journey/stage.js';
import type { Unmerged } from '../domain/journey/unmerging.js';

export type { LeadReport, PaymentReport, Profile, Reports, TrialReport } from '../domain/journey/reports.js';
export { defaultAccount, journeyId } from '../domain/workflow-ids.js';

/** The workflow type. */
export const customerJourneyType = 'customerJourney';

/** The task queue of journeys. */
export const workflowTaskQueue = 'customer-journey';

/** The task queue for an account's ChartMogul requests. The server enforces one rate limit across all its workers. */
export function chartMogulTaskQueue(account: string): string {
  return `chartmogul/${account}`;
}

/** The workflow's input; everything else arrives as reports. */
export interface Lead {
  /** The id in your database; it becomes ChartMogul's `external_id`. */
  readonly leadId: string;
  /** The ChartMogul account, as configured on the worker. */
  readonly account: string;
  /** Timeout of one attempt of a request, for example `40 seconds` (the default). */
  readonly attemptTimeout?: Duration;
  /** The run of this lead's last journey, if it has ended: the new journey starts with what that one knew. */
  readonly previousRunId?: string;
}

/** Reports of facts, in any order and number: see {@link LeadReport}, {@link TrialReport}, {@link PaymentReport}. */
export const leadCreated = defineSignal<[LeadReport]>('leadCreated');
export const trialStarted = defineSignal<[TrialReport]>('trialStarted');
export const paymentSucceeded = defineSignal<[PaymentReport]>('paymentSucceeded');

/** Several reports for one lead in one message, as an import sends them: all are accepted, or none. */
export const reported = defineSignal<[Reports]>('reported');

/** Hints that ChartMogul may show the billing customer now: look it up at once. Changes no fact. */
export const payerHint = defineSignal<[]>('payerHint');

/** Retries now, with all attempts. A signal, so that a batch operation can send it to many journeys. */
export const retry = defineSignal<[RetryRequest?]>('retry');
export interface RetryRequest {
  /** Creates the lead's record again if it was deleted in ChartMogul. */
  readonly recreate?: boolean;
}

export const journey = defineQuery<JourneyView>('journey');

/** Replaces a date and overrides all reports; the latest correction wins. Rejected if the date was never reported. */
export const correct = defineUpdate<JourneyView, [CorrectRequest]>('correct');
export interface CorrectRequest {
  readonly date: CorrectableDate;
  readonly to: Instant;
  readonly note: string;
}

/** Sets another billing customer and overrides all reports. Rejected once a merge was requested. */
export const relink = defineUpdate<JourneyView, [RelinkRequest]>('relink');
export interface RelinkRequest {
  readonly billingCustomerId: string;
  readonly note: string;
}

/** Confirms that another billing customer of the lead is the same person: its record is merged too. */
export const mergeCustomer = defineUpdate<JourneyView, [MergeCustomerRequest]>('mergeCustomer');
export interface MergeCustomerRequest {
  readonly billingCustomerId: string;
  readonly note: string;
}

/**
 * Withdraws a billing customer that belongs to another lead: its past and future payments are ignored here, unless an
 * operator links it to this lead again. Rejected once a merge with it was requested.
 */
export const withdraw = defineUpdate<JourneyView, [WithdrawRequest]>('withdraw');
export type WithdrawRequest = Withdrawal & {
  /** A person has unmerged the two in ChartMogul and reset the dates there, so the withdrawal is allowed. */
  readonly isUnmerged?: true;
};

/**
 * Takes back the merge of the lead: splits it off its record in ChartMogul, puts back the dates of both records, and
 * withdraws the billing customers in that record. Rejected if nothing is merged. Returns when it is done, or after
 * {@link JourneyView.unmerging} has lasted for more than a minute or waits for a retry; the journey then goes on with it.
 */
export const unmerge = defineUpdate<JourneyView, [UnmergeRequest]>('unmerge');
export interface UnmergeRequest {
  readonly note: string;
}

/** Ends the journey in its current state, with a reason. */
export const close = defineUpdate<JourneyView, [CloseRequest]>('close');
export interface CloseRequest {
  readonly note: string;
  /** Also deletes the lead's record in ChartMogul, unless it is merged. If that fails, the journey is not closed. */
  readonly deleteRecord?: true;
}

/** The current state of one journey, without names and e-mail addresses. All dates in whole seconds UTC. */
export interface JourneyView {
  readonly leadId: string;
  readonly account: string;
  readonly stage: Stage;
  /** What the journey is doing or waiting for, in words. */
  readonly doing: string;
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  /** When the merge was first observed. */
  readonly mergedAt?: Instant;
  readonly billingCustomerId?: string;
  /** UUID of the ChartMogul customer that holds the lead. */
  readonly customerUuid?: string;
  /** UUID of the billing customer's record, once found. */
  readonly payerUuid?: string;
  readonly attention?: Attention;
  readonly notices: readonly (Notice | RefusedReportNotice)[];
  readonly corrections: { readonly [date in CorrectableDate]?: { readonly to: Instant; readonly note: string } };
  /** Billing customers that an operator separated from this lead, if any. */
  readonly withdrawals?: readonly Withdrawal[];
  /** An operator's unmerge that has not ended yet. */
  readonly unmerging?: UnmergeRequest;
  /** The last unmerge that has ended. */
  readonly unmerged?: Unmerged;
  /**
   * The lead's own dates, which the next journey of the lead begins with: reported, corrected, or on the lead's own
   * record. Absent if they are those of the view, which also shows dates that only the merged record has.
   */
  readonly ownDates?: { readonly leadCreatedAt?: Instant; readonly trialStartedAt?: Instant };
  /** The dates on the paying customer's record before the merge, if that record was observed. */
  readonly payerDates?: FunnelDates;
  /** Other leads that the record holds, or held before the dates were this lead's own again. */
  readonly otherLeads?: readonly string[];
  /** The note of `close`, if the journey was ended by it. */
  readonly closed?: string;
  /** `close` deleted the lead's record in ChartMogul. */
  readonly isRecordDeleted?: true;
}

/** Why a journey needs attention. */
export interface Attention {
  readonly code: AttentionCode;
  readonly text: string;
  readonly step: StepName;
  readonly since: Instant;
  readonly status?: number;
  readonly detail?: string;
  /** When the next automatic try is due; absent while a try is running. */
  readonly nextTryAt?: Instant;
}

export interface RefusedReportNotice {
  readonly code: 'report-refused';
  readonly text: string;
}

/** How a journey ended, and its final state. */
export type JourneyResult = JourneyView & {
  readonly outcome: 'proven' | 'closed';
  /** The trial that was reported with the paying customer, if there is one: an unmerge takes it back. */
  readonly payerTrial?: PayerTrial;
};
