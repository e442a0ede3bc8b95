import { auditActivities } from './audit/index.js';
import { confirmMergeActivity } from './confirm-merge.js';
import { confirmUnmergeActivity } from './confirm-unmerge.js';
import { createLeadActivity } from './create-lead.js';
import { deleteLeadActivity } from './delete-lead.js';
import type { Deps } from './deps.js';
import { findDatesOfLeads } from './find-dates-of-leads.js';
import { findLeadActivity } from './find-lead.js';
import { findLeadsOfCustomer } from './find-leads-of-customer.js';
import { findMergedLeadsActivity } from './find-merged-leads.js';
import { findPayingCustomerActivity } from './find-paying-customer.js';
import { findPreviousResult } from './find-previous-result.js';
import { notifyJourney } from './notify-journey.js';
import { requestMergeActivity } from './request-merge.js';
import { requestUnmergeActivity } from './request-unmerge.js';
import { restoreDatesActivity } from './restore-dates.js';
import { sweepStripeActivity } from './sweep-stripe.js';
import { withdrawCustomer } from './withdraw-customer.js';
import { writeDatesActivity } from './write-dates.js';

export type { Deps } from './deps.js';
export type { FailureDetail } from './failures.js';
export { requestPriority } from './request-priority.js';

/**
 * The activities of one account. Requests to ChartMogul: each sends one request, and the workflow decides what to do with
 * the answer. And the sweep of the account's Stripe, and the parts of its audit.
 */
export function createActivities(deps: Deps) {
  return {
    createLead: createLeadActivity(deps),
    findLead: findLeadActivity(deps),
    writeDates: writeDatesActivity(deps),
    findPayingCustomer: findPayingCustomerActivity(deps),
    requestMerge: requestMergeActivity(deps),
    confirmMerge: confirmMergeActivity(deps),
    requestUnmerge: requestUnmergeActivity(deps),
    confirmUnmerge: confirmUnmergeActivity(deps),
    restoreDates: restoreDatesActivity(deps),
    deleteLead: deleteLeadActivity(deps),
    findMergedLeads: findMergedLeadsActivity(deps),
    sweepStripe: sweepStripeActivity(deps),
    ...auditActivities(deps),
  };
}

export type ChartMogulActivities = ReturnType<typeof createActivities>;

/** Activities that call Temporal itself, on the workflows' own queue. */
export const temporalActivities = {
  findPreviousResult,
  findLeadsOfCustomer,
  findDatesOfLeads,
  notifyJourney,
  withdrawCustomer,
};

/** The activity types for workflows. */
export type Activities = ChartMogulActivities & typeof temporalActivities;
