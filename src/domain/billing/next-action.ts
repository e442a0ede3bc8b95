import type { Instant } from '../journey/instant.js';
import { type BillingFacts, billingFactsOf, joinBillingFacts, noBillingFacts } from './facts.js';
import type { BillingReport, Link } from './report.js';

/** Whether a billing customer is matched with a lead. Derived, never stored. */
export const matchStatuses = ['waiting', 'matched', 'unmatched', 'pre-existing'] as const;
export type MatchStatus = (typeof matchStatuses)[number];

/** What a lead's journey was notified of about a billing customer. */
export interface Notification {
  readonly leadId: string;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
}

/** The state of one billing customer. Plain data. */
export interface BillingState {
  readonly facts: BillingFacts;
  /** The link that overrides all events: it was used for a notification, or an operator set it. */
  readonly held?: Link & { readonly note?: string };
  /** The last notification that the lead's journey received. */
  readonly notified?: Notification;
  /** When a payment first became known without a lead. */
  readonly unmatchedSince?: Instant;
  /** When the matching period ended without a lead. */
  readonly attentionSince?: Instant;
}

export const nothingKnown: BillingState = { facts: noBillingFacts };

/** Requests that are not reports. */
export interface PendingRequests {
  /** An operator names the lead. */
  readonly link?: { readonly leadId: string; readonly note: string; readonly isUnmerged?: true };
  /** ChartMogul may show the customer by now. */
  readonly hint?: boolean;
}

/** What to do next for a billing customer. */
export type NextAction =
  /** Notify the lead's journey. With an operator's link, also if the customer was withdrawn from it before. */
  | { readonly do: 'notify-journey'; readonly link: Link; readonly notification: Notification }
  /** Withdraw the customer from another lead's journey, before an operator's link takes effect. */
  | { readonly do: 'withdraw'; readonly leadId: string; readonly note: string; readonly isUnmerged?: true }
  | { readonly do: 'take-link'; readonly leadId: string; readonly note: string }
  | { readonly do: 'pass-hint'; readonly leadId: string }
  | { readonly do: 'raise-attention' }
  | { readonly do: 'wait'; readonly untilMs?: number };

/**
 * Decides the next action for a billing customer. All decisions are made here.
 *
 * @param now milliseconds since the epoch
 * @param matchingPeriod how long a payment may have no lead, in milliseconds
 */
export function nextAction(
  state: BillingState,
  asked: PendingRequests,
  now: number,
  matchingPeriod: number,
): NextAction {
  if (asked.link !== undefined) {
    const { leadId, ...why } = asked.link;
    const { notified } = state;
    const isElsewhere = notified !== undefined && notified.leadId !== leadId;
    return isElsewhere
      ? { do: 'withdraw', leadId: notified.leadId, ...why }
      : { do: 'take-link', leadId, note: why.note };
  }

  const link = linkOf(state);
  const notification = link && notificationOf(link.leadId, state.facts);
  if (link && notification && !isSame(notification, state.notified))
    return { do: 'notify-journey', link, notification };

  if (asked.hint && state.notified?.paidAt !== undefined) return { do: 'pass-hint', leadId: state.notified.leadId };

  if (state.unmatchedSince === undefined || state.attentionSince !== undefined) return { do: 'wait' };
  const untilMs = Date.parse(state.unmatchedSince) + matchingPeriod;
  return now < untilMs ? { do: 'wait', untilMs } : { do: 'raise-attention' };
}

/** Adds what an event reports. */
export function learn(state: BillingState, report: BillingReport, now: Instant): BillingState {
  return updateUnmatchedSince({ ...state, facts: joinBillingFacts(state.facts, billingFactsOf(report)) }, now);
}

/** Applies an operator's link. The lead's journey is notified, even if it was notified before: that repairs it. */
export function takeLink(state: BillingState, leadId: string, note: string, now: Instant): BillingState {
  const { notified, ...kept } = state;
  return updateUnmatchedSince({ ...kept, held: { leadId, rule: 'operator', note } }, now);
}

/** The link in effect: the held one, else the best one that events name. */
export function linkOf({ held, facts }: BillingState): BillingState['held'] {
  return held ?? facts.links[0];
}

export function matchStatusOf(state: BillingState): MatchStatus {
  const { paidAt, trialStartedAt, begins } = state.facts;
  if (linkOf(state) !== undefined) return paidAt === undefined && trialStartedAt === undefined ? 'waiting' : 'matched';
  if (paidAt === undefined) return 'waiting';
  return begins ? 'unmatched' : 'pre-existing';
}

/**
 * In the first month all existing customers pay too, so only a customer whose start was reported can be unmatched.
 */
function updateUnmatchedSince(state: BillingState, now: Instant): BillingState {
  if (matchStatusOf(state) === 'unmatched') return { ...state, unmatchedSince: state.unmatchedSince ?? now };
  const { unmatchedSince, attentionSince, ...matched } = state;
  return matched;
}

/** A journey needs only the first trial and the first payment. */
function notificationOf(leadId: string, { trialStartedAt, paidAt }: BillingFacts): Notification | undefined {
  if (trialStartedAt === undefined && paidAt === undefined) return undefined;
  return {
    leadId,
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(paidAt !== undefined && { paidAt }),
  };
}

function isSame(a: Notification, b: Notification | undefined): boolean {
  return a.leadId === b?.leadId && a.trialStartedAt === b.trialStartedAt && a.paidAt === b.paidAt;
}
