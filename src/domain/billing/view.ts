import type { Instant } from '../journey/instant.js';
import { redactId } from '../journey/records.js';
import {
  type BillingState,
  conflictingLink,
  linkOf,
  type MatchStatus,
  matchStatusOf,
  type Notification,
  type Unreachable,
} from './next-action.js';
import type { Link } from './report.js';

/** Why a billing customer needs attention. Codes are stable: people search and alert on them. */
export const billingAttentionSentences = {
  'payment-unmatched':
    'A payment by this customer has had no lead for a day. Link the customer to its lead: `customer-journey link CUSTOMER LEAD --note TEXT`.',
  'trial-unmatched':
    'A trial of this customer has had no lead for a day. Until they are linked, ChartMogul counts two customers: `customer-journey link CUSTOMER LEAD --note TEXT`.',
  'lead-conflict':
    "After the journey of the lead was notified, an event named another lead, by a better rule or at a later time. Decide which lead is the customer's: `customer-journey link CUSTOMER LEAD --note TEXT`.",
  'journey-unreachable':
    "The journey of the lead could not be notified of the trial or payment. The next try is at once when an event or a link arrives. If the reason does not explain it, see the worker's log.",
} as const;
export type BillingAttentionCode = keyof typeof billingAttentionSentences;

/** Why a billing customer needs attention, and the time of the next try if there is one. */
export interface BillingAttention {
  readonly code: BillingAttentionCode;
  readonly text: string;
  readonly since: Instant;
  /** The reason of the last failure, or the other lead and the rule that names it. */
  readonly detail?: string;
  /** When the next automatic try is due; absent while a try is running. */
  readonly nextTryAt?: Instant;
}

/** A billing customer for people and programs: what its events reported, and the result. */
export interface BillingView {
  /**
   * `waiting`: nothing to report to a journey yet, or the lead's journey is not notified yet. `matched`: the lead's
   * journey was notified of everything. `unmatched`: the customer has a trial or a payment, but no lead. `pre-existing`:
   * the same, but its start was never reported, so it was a customer before the integration.
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
  readonly attention?: BillingAttention;
}

export function billingViewOf(state: BillingState): BillingView {
  const { facts, notified } = state;
  const attention = attentionOf(state);
  const link = linkOf(state);
  return {
    matchStatus: matchStatusOf(state),
    ...(link !== undefined && { link }),
    otherLeadIds: facts.links.map(({ leadId }) => leadId).filter((leadId) => leadId !== link?.leadId),
    suggestedLeadIds: facts.suggestedLeadIds.filter((leadId) => leadId !== link?.leadId),
    ...(facts.trialStartedAt !== undefined && { trialStartedAt: facts.trialStartedAt }),
    ...(facts.paidAt !== undefined && { paidAt: facts.paidAt }),
    ...(notified !== undefined && { notified }),
    ...(attention !== undefined && { attention }),
  };
}

function attentionOf(state: BillingState): BillingAttention | undefined {
  const { attentionSince, unreachable, conflictSince, facts } = state;
  if (attentionSince !== undefined) {
    return attention(facts.paidAt === undefined ? 'trial-unmatched' : 'payment-unmatched', { since: attentionSince });
  }
  if (unreachable !== undefined) return attention('journey-unreachable', unreachable);
  const conflict = conflictSince === undefined ? undefined : conflictingLink(state);
  if (conflictSince === undefined || conflict === undefined) return undefined;
  const detail = `lead ${redactId(conflict.leadId)}, by ${conflict.rule}`;
  return attention('lead-conflict', { since: conflictSince, detail });
}

function attention(code: BillingAttentionCode, why: Partial<Unreachable> & Pick<Unreachable, 'since'>) {
  return { code, text: billingAttentionSentences[code], ...why };
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
