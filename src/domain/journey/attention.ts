import type { Instant } from './instant.js';

/** Why a journey is not where it should be, and what a person can do. Stable: people search and alert on the codes. */
export const attentionSentences = {
  'payer-not-found':
    'ChartMogul shows no customer of the billing source with this billing customer id yet. If the payment went through, check the id (`relink`) and that the billing source is importing.',
  'payer-ambiguous':
    'ChartMogul shows more than one customer of the billing source with this billing customer id. Merge or delete one of them in ChartMogul.',
  'merge-unconfirmed': 'ChartMogul accepted the merge but does not show it yet. It is asked for again at the next try.',
  'merged-elsewhere':
    "The lead's record is merged with ids that are not this journey's. Report the payment with the right billing customer, `relink`, or unmerge it in ChartMogul.",
  'lead-missing':
    "The lead's record is gone from ChartMogul. If it was deleted by mistake, `retry --recreate` makes it again; otherwise `close` the journey.",
  'record-hidden':
    'ChartMogul says that the lead exists but does not show it, so it was merged into another record. The report of the payment settles it.',
  refused:
    'ChartMogul refused the request for good. See the status and field; mend the data in ChartMogul, then `retry`.',
  unauthorized:
    'ChartMogul refuses the API key or the account. Put a valid read-and-write key in place; it heals by itself.',
  unavailable: 'ChartMogul cannot be reached or is failing. It heals by itself.',
  'payment-without-lead':
    'A payment was reported for a lead that nobody reported and ChartMogul does not know. Report the lead or its trial.',
} as const;

/** The refusal of whatever would part a lead from a billing customer after a merge was asked for: that is done by hand. */
const byHand =
  'comes too late: a merge was already asked for. Unmerge the two in ChartMogul, reset the lead and trial dates on ' +
  'the paying customer, ';
export const tooLateTo = {
  relink: `${byHand}\`close\` this journey, and report the lead and its payment again`,
  withdraw: `${byHand}and \`link\` once more with \`--unmerged\``,
} as const;

export type AttentionCode = keyof typeof attentionSentences;

/** What a step is for. A trouble belongs to the goal, not to the request that failed, and ends when the goal is reached. */
export type Goal = 'lead' | 'dates' | 'payer' | 'merge';

/** The requests a journey makes to ChartMogul, by the name of their activity. */
export type RequestName =
  | 'createLead'
  | 'findLead'
  | 'writeDates'
  | 'findPayingCustomer'
  | 'requestMerge'
  | 'confirmMerge';

/** What a journey does: those requests, and one question to Temporal. */
export type StepName = RequestName | 'findPreviousResult';

/** The last failure of a goal, and when it is tried again. */
export interface StepFailure {
  readonly goal: Goal;
  readonly step: StepName;
  readonly code: AttentionCode;
  /** First failure of this goal in a row. */
  readonly since: Instant;
  /** HTTP status of the last answer, if there was one. */
  readonly status?: number;
  /** ChartMogul's own code or field, if it gave one. */
  readonly detail?: string;
  /** Tries of the slow lane so far. */
  readonly slowTries: number;
  /** When the slow lane tries next; undefined while a try is under way. */
  readonly nextTryAt?: Instant;
  /** An operator asked for a retry: the next try runs with all its attempts, as the first one did. */
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
};
