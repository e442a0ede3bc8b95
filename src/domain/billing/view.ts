import type { Instant } from '../journey/instant.js';
import { type BillingState, linkOf, type MatchStatus, matchStatusOf, type Notification } from './next-action.js';
import type { Link } from './report.js';

/** Why a billing customer needs an operator. The code is stable: people search and alert on it. */
export const unmatched = {
  code: 'payment-unmatched',
  text: 'A payment by this customer has had no lead for a day. Link the customer to its lead: `customer-journey link CUSTOMER LEAD --note TEXT`.',
} as const;

/** A billing customer for people and programs: what its events reported, and the result. */
export interface BillingView {
  /**
   * `waiting`: nothing to report to a journey yet. `matched`: the customer has a lead, and a trial or payment.
   * `unmatched`: the customer has paid, but has no lead. `pre-existing`: the same, but its start was never reported, so
   * it was a customer before the integration.
   */
  readonly matchStatus: MatchStatus;
  readonly link?: Link & { readonly note?: string };
  /** Other leads that events name, in conflict with the link. */
  readonly otherLeadIds: readonly string[];
  readonly suggestedLeadIds: readonly string[];
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  /** The last notification that the lead's journey received. */
  readonly notified?: Notification;
  /** Raised when a payment had no lead for a day. */
  readonly attention?: typeof unmatched & { readonly since: Instant };
}

export function billingViewOf(state: BillingState): BillingView {
  const { facts, notified, attentionSince } = state;
  const link = linkOf(state);
  return {
    matchStatus: matchStatusOf(state),
    ...(link !== undefined && { link }),
    otherLeadIds: facts.links.map(({ leadId }) => leadId).filter((leadId) => leadId !== link?.leadId),
    suggestedLeadIds: facts.suggestedLeadIds.filter((leadId) => leadId !== link?.leadId),
    ...(facts.trialStartedAt !== undefined && { trialStartedAt: facts.trialStartedAt }),
    ...(facts.paidAt !== undefined && { paidAt: facts.paidAt }),
    ...(notified !== undefined && { notified }),
    ...(attentionSince !== undefined && { attention: { ...unmatched, since: attentionSince } }),
  };
}

/** What a customer list shows in addition to the search attributes. */
export interface BillingMemo {
  readonly leadId?: string;
  /** At least one. */
  readonly suggestedLeadIds?: readonly string[];
}

/** Omits unknown values: Temporal keeps neither null nor an empty list in a memo. */
export function billingMemoOf(state: BillingState): BillingMemo {
  const { link, suggestedLeadIds } = billingViewOf(state);
  return {
    ...(link !== undefined && { leadId: link.leadId }),
    ...(suggestedLeadIds.length > 0 && { suggestedLeadIds }),
  };
}
