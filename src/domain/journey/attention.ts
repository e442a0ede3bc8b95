import type { Instant } from './instant.js';
import { redactId } from './records.js';

/** Why a journey needs attention, and what an operator can do. Codes are stable: people search and alert on them. */
export const attentionSentences = {
  'payer-not-found':
    'ChartMogul does not show a customer with this billing customer id in the billing source yet. If the payment succeeded, check the id (`relink` changes it) and check that the billing source is importing.',
  'payer-ambiguous':
    'ChartMogul shows more than one customer with this billing customer id in the billing source. Merge or delete one of them in ChartMogul.',
  'merge-unconfirmed': 'ChartMogul accepted the merge but does not show it yet. The next try requests it again.',
  'merged-elsewhere':
    "The lead's record is merged with ids that do not belong to this journey. Report the payment with the correct billing customer, `relink`, or `unmerge` the lead.",
  'unmerge-unconfirmed': 'ChartMogul accepted the unmerge but does not show it yet. The next try requests it again.',
  'lead-missing':
    "The lead's record no longer exists in ChartMogul. If it was deleted by mistake, `retry --recreate` creates it again; otherwise `close` the journey.",
  'record-hidden':
    'ChartMogul reports that the lead exists but does not show it, so it was merged into another record. Report the payment to resolve this.',
  refused:
    'ChartMogul rejected the request with a final error. See the status and field, fix the data in ChartMogul, then `retry`.',
  unauthorized:
    'ChartMogul rejects the API key or the account. Configure a valid read-and-write key; the journey then recovers automatically.',
  unavailable: 'ChartMogul is unreachable or failing. The journey recovers automatically.',
  'several-customers':
    'Several billing customers are reported for this lead, and ChartMogul counts each of them. If they are one person, merge them: `customer-journey merge LEAD --customer ID --note TEXT`. Otherwise `withdraw` the other customer from this lead, and then `link` it to its own.',
  'foreign-date':
    'ChartMogul shows an earlier date than this journey knows, and nothing known explains it. It may come from a person, another tool, an earlier import, or a lead that was merged by mistake. `correct` the date to the true one, or set it in ChartMogul. FOREIGN_DATES on the worker decides for the whole account.',
  'payment-without-lead':
    'A payment was reported, but its lead was not reported and is not in ChartMogul. Report the lead or its trial.',
} as const;

/** Rejects a request that would separate a lead from its billing customer after the merge request. Follows "it". */
export function tooLate(leadId: string): string {
  return `is too late: a merge was already requested. Take it back first: \`customer-journey unmerge ${redactId(leadId)} --note TEXT\``;
}

/** Rejects a request about the billing customer of a lead that is being unmerged. Follows "it". */
export const whileUnmerging =
  'must wait: the lead is being unmerged. `customer-journey show LEAD` shows when that is done';

export type AttentionCode = keyof typeof attentionSentences;

/** What a step is for. A failure belongs to the goal, not to the failed request, and ends when the goal is reached. */
export type Goal = 'unmerge' | 'lead' | 'dates' | 'payer' | 'merge';

/** The requests that a journey sends to ChartMogul, by activity name. */
export type RequestName =
  | 'createLead'
  | 'findLead'
  | 'writeDates'
  | 'findPayingCustomer'
  | 'requestMerge'
  | 'confirmMerge';

/** The requests that take back a merge: the first three to ChartMogul, the last to the journeys of other leads. */
export type UnmergeStepName = 'requestUnmerge' | 'confirmUnmerge' | 'restoreDates' | 'findDatesOfLeads';

/** The steps of a journey: those requests, and one query to Temporal. */
export type StepName = RequestName | UnmergeStepName | 'findPreviousResult';

/** The last failure of a goal, and the time of the next try. */
export interface StepFailure {
  readonly goal: Goal;
  readonly step: StepName;
  readonly code: AttentionCode;
  /** The first of the consecutive failures of this goal with this code. */
  readonly since: Instant;
  /** HTTP status of the last response, if any. */
  readonly status?: number;
  /** ChartMogul's own code or field, if any. */
  readonly detail?: string;
  /** Number of slow lane tries so far. */
  readonly slowTries: number;
  /** Time of the next slow lane try; undefined while a try is running. */
  readonly nextTryAt?: Instant;
  /** An operator requested a retry: the next try has all attempts, like the first one. */
  readonly withAllAttempts?: boolean;
}

export const goalOf: Record<StepName, Goal> = {
  createLead: 'lead',
  findLead: 'lead',
  findPreviousResult: 'lead',
  writeDates: 'dates',
  findPayingCustomer: 'payer',
  requestMerge: 'merge',
  confirmMerge: 'merge',
  requestUnmerge: 'unmerge',
  confirmUnmerge: 'unmerge',
  restoreDates: 'unmerge',
  findDatesOfLeads: 'unmerge',
};
