import type { Instant } from '../journey/instant.js';
import { type BillingState, linkOf, type MatchStatus, matchStatusOf, type Notification } from './next-action.js';
import type { Link } from './report.js';

/** Why a billing customer needs a person. Stable: people search and alert on the code. */
export const unmatched = {
  code: 'payment-unmatched',
  text: 'A payment of this customer has had no lead for a day. Say which lead it is: `customer-journey link CUSTOMER LEAD --note TEXT`.',
} as const;

/** A billing customer for people and programs: what its events told, and what became of it. */
export interface BillingView {
  /**
   * `waiting`: nothing to hand over yet. `matched`: its lead's journey has what it needs. `unmatched`: it pays, and nobody
   * said for which lead. `pre-existing`: the same, but it was a customer before we listened.
   */
  readonly matchStatus: MatchStatus;
  readonly link?: Link & { readonly note?: string };
  /** Another lead that events name, against the link. */
  readonly otherLeadIds: readonly string[];
  readonly suggestedLeadIds: readonly string[];
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  /** What the lead's journey was told last. */
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

/** What a list of customers shows beside what can be searched by. */
export interface BillingMemo {
  readonly leadId?: string;
  /** At least one. */
  readonly suggestedLeadIds?: readonly string[];
}

/** What is not known is left out: Temporal keeps neither null nor an empty list in a memo. */
export function billingMemoOf(state: BillingState): BillingMemo {
  const { link, suggestedLeadIds } = billingViewOf(state);
  return {
    ...(link !== undefined && { leadId: link.leadId }),
    ...(suggestedLeadIds.length > 0 && { suggestedLeadIds }),
  };
}
