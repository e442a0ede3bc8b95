/**
 * Everything that the gateway and the command line need to send messages to the workflow of a `billingCustomer`. Like
 * `messages.ts`, it imports no Node modules.
 */
import type { Duration } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingFacts } from '../domain/billing/facts.js';
import type { BillingReport } from '../domain/billing/report.js';
import type { BillingView } from '../domain/billing/view.js';
import type { RefusedReportNotice } from './messages.js';

export { type MatchStatus, matchStatuses, type Notification } from '../domain/billing/next-action.js';
export type { BillingReport, Link, LinkRule } from '../domain/billing/report.js';
export { billingCustomerWorkflowId } from '../domain/workflow-ids.js';

/** The workflow type. It runs on the journeys' task queue. */
export const billingCustomerType = 'billingCustomer';

/** The workflow's input; everything else arrives as reports. */
export interface BillingCustomer {
  readonly billingCustomerId: string;
  readonly account: string;
  /** Timeout of one attempt of a request of the lead's journey, as in `Lead`. */
  readonly attemptTimeout?: Duration;
}

/** Reports a billing event, in any order and number. */
export const billingReported = defineSignal<[BillingReport]>('billingReported');

/** Hints that ChartMogul may show the customer now. Forwarded to the lead's journey, if any. Changes nothing here. */
export const billingHint = defineSignal<[]>('billingHint');

export const billingCustomerView = defineQuery<BillingCustomerView>('billingCustomer');

/** All facts that events have reported. A report that adds nothing to them need not be sent. */
export const billingFacts = defineQuery<BillingFacts>('billingFacts');

/**
 * Links the customer to a lead, and overrides every event. Withdraws the customer from the journeys of other leads;
 * rejected if ChartMogul shows it merged with another lead, or if such a journey has already requested the merge.
 */
export const linkLead = defineUpdate<BillingCustomerView, [LinkRequest]>('linkLead');
export interface LinkRequest {
  readonly leadId: string;
  readonly note: string;
  /** A person has unmerged the old lead in ChartMogul and reset the paying customer's dates, so the link is allowed. */
  readonly isUnmerged?: true;
}

/** The current state of one billing customer. Dates in whole seconds UTC. */
export interface BillingCustomerView extends BillingView {
  readonly billingCustomerId: string;
  readonly account: string;
  /** Rejected reports, newest last. */
  readonly notices: readonly RefusedReportNotice[];
}
