/**
 * All that the gateway and the command line need to talk to a `billingCustomer`, the memory of one customer of the billing
 * system. Free of Node, as `messages.ts` is.
 */
import type { Duration } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingReport } from '../domain/billing/report.js';
import type { BillingView } from '../domain/billing/view.js';
import { defaultAccount, type RefusedReportNotice } from './messages.js';

export { type MatchStatus, matchStatuses, type Notification } from '../domain/billing/next-action.js';
export type { BillingReport, Link, LinkRule } from '../domain/billing/report.js';

/** The name under which the workflow is started. It runs on the queue of the journeys. */
export const billingCustomerType = 'billingCustomer';

/** One customer of the billing system has one memory. */
export function billingCustomerWorkflowId(billingCustomerId: string, account: string = defaultAccount): string {
  return `billing/${account}/${billingCustomerId}`;
}

/** What the memory of a customer is started with; everything else arrives as reports. */
export interface BillingCustomer {
  readonly billingCustomerId: string;
  readonly account: string;
  /** How long one attempt of a request of the lead's journey may take, as in `Lead`. */
  readonly attemptTimeout?: Duration;
}

/** What an event of the billing system tells, in any order and number. */
export const billingReported = defineSignal<[BillingReport]>('billingReported');

/** ChartMogul may show the customer by now: passed on to the lead's journey, if there is one. Changes nothing here. */
export const billingHint = defineSignal<[]>('billingHint');

export const billingCustomerView = defineQuery<BillingCustomerView>('billingCustomer');

/**
 * Says which lead the customer is, above every event. Takes what was handed to another lead's journey back from there;
 * refused if that journey has asked for the merge already.
 */
export const linkLead = defineUpdate<BillingCustomerView, [LinkRequest]>('linkLead');
export interface LinkRequest {
  readonly leadId: string;
  readonly note: string;
  /** A person has unmerged the old lead in ChartMogul and reset the dates on the paying customer: then it is not too late. */
  readonly isUnmerged?: true;
}

/** One customer of the billing system, as far as its events told. Dates in whole seconds UTC. */
export interface BillingCustomerView extends BillingView {
  readonly billingCustomerId: string;
  readonly account: string;
  /** Reports that could not be read, newest last. */
  readonly notices: readonly RefusedReportNotice[];
}
