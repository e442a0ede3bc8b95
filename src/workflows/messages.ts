/**
 * All that an application needs to talk to a journey: names, shapes, ids. Free of Node and of our other code but the pure
 * rules, so that any program may import it.
 */
import type { Duration } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AttentionCode, StepName } from '../domain/journey/attention.js';
import type { CorrectableDate, Withdrawal } from '../domain/journey/facts.js';
import type { Instant } from '../domain/journey/instant.js';
import type { Notice } from '../domain/journey/notices.js';
import type { LeadReport, PaymentReport, Reports, TrialReport } from '../domain/journey/reports.js';
import type { Stage } from '../domain/journey/stage.js';

export type { LeadReport, PaymentReport, Profile, Reports, TrialReport } from '../domain/journey/reports.js';

/** The name under which the workflow is started. */
export const customerJourneyType = 'customerJourney';

/** Where journeys run. */
export const workflowTaskQueue = 'customer-journey';

/** Where an account's requests to ChartMogul run: the server holds one rate over all workers of this queue. */
export function chartMogulTaskQueue(account: string): string {
  return `chartmogul/${account}`;
}

export const defaultAccount = 'default';

/** One lead has one journey: its workflow id is made of the account and the lead's id in your database. */
export function journeyId(leadId: string, account: string = defaultAccount): string {
  return `journey/${account}/${leadId}`;
}

/** What a journey is started with; everything else arrives as reports. */
export interface Lead {
  /** The id in your database; it becomes ChartMogul's `external_id`. */
  readonly leadId: string;
  /** The ChartMogul account, as configured on the worker. */
  readonly account: string;
  /** How long one attempt of a request may take, for example `40 seconds` (the default). */
  readonly attemptTimeout?: Duration;
}

/** Reports of facts, in any order and number: see {@link LeadReport}, {@link TrialReport}, {@link PaymentReport}. */
export const leadCreated = defineSignal<[LeadReport]>('leadCreated');
export const trialStarted = defineSignal<[TrialReport]>('trialStarted');
export const paymentSucceeded = defineSignal<[PaymentReport]>('paymentSucceeded');

/** Several reports of one lead at once, as an import has them: all are taken, or none. */
export const reported = defineSignal<[Reports]>('reported');

/** The billing customer may be visible in ChartMogul now: look at once. Changes no fact. */
export const payerHint = defineSignal<[]>('payerHint');

/** Try again now, with all attempts. A signal, so that a batch operation can send it to many journeys. */
export const retry = defineSignal<[RetryRequest?]>('retry');
export interface RetryRequest {
  /** Make a lead record again that was deleted in ChartMogul. */
  readonly recreate?: boolean;
}

export const journey = defineQuery<JourneyView>('journey');

/** Replaces a date, above all reports; the latest wins. Refused if that date was never reported. */
export const correct = defineUpdate<JourneyView, [CorrectRequest]>('correct');
export interface CorrectRequest {
  readonly date: CorrectableDate;
  readonly to: Instant;
  readonly note: string;
}

/** Names another billing customer, above all reports. Refused once a merge was asked for. */
export const relink = defineUpdate<JourneyView, [RelinkRequest]>('relink');
export interface RelinkRequest {
  readonly billingCustomerId: string;
  readonly note: string;
}

/**
 * Gives a billing customer back that is another lead: what it paid and will pay counts here no more, unless an operator
 * links it to this lead again. Refused once a merge with it was asked for.
 */
export const withdraw = defineUpdate<JourneyView, [WithdrawRequest]>('withdraw');
export type WithdrawRequest = Withdrawal & {
  /** A person has unmerged the two in ChartMogul and reset the dates there: then it is not too late. */
  readonly isUnmerged?: true;
};

/** Ends the journey where it stands, with the reason. */
export const close = defineUpdate<JourneyView, [CloseRequest]>('close');
export interface CloseRequest {
  readonly note: string;
}

/** One journey as it stands, without names and e-mail addresses. All dates in whole seconds UTC. */
export interface JourneyView {
  readonly leadId: string;
  readonly account: string;
  readonly stage: Stage;
  /** What the journey is doing or waiting for, in words. */
  readonly doing: string;
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  /** When the merge was first seen done. */
  readonly mergedAt?: Instant;
  readonly billingCustomerId?: string;
  /** UUID of the ChartMogul customer that holds the lead. */
  readonly customerUuid?: string;
  /** UUID of the billing customer's record, once found. */
  readonly payerUuid?: string;
  readonly attention?: Attention;
  readonly notices: readonly (Notice | RefusedReportNotice)[];
  readonly corrections: { readonly [date in CorrectableDate]?: { readonly to: Instant; readonly note: string } };
  /** Billing customers that an operator linked to other leads, if any. */
  readonly withdrawals?: readonly Withdrawal[];
  /** The note of `close`, if the journey was ended by it. */
  readonly closed?: string;
}

/** Why a journey is not where it should be. */
export interface Attention {
  readonly code: AttentionCode;
  readonly text: string;
  readonly step: StepName;
  readonly since: Instant;
  readonly status?: number;
  readonly detail?: string;
  /** When it is tried next without anybody's help; absent while a try is under way. */
  readonly nextTryAt?: Instant;
}

export interface RefusedReportNotice {
  readonly code: 'report-refused';
  readonly text: string;
}

/** How a journey ended, and all it knew. */
export type JourneyResult = JourneyView & { readonly outcome: 'proven' | 'closed' };
