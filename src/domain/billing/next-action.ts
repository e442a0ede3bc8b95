import type { Instant } from '../journey/instant.js';
import { type BillingFacts, billingFactsOf, joinBillingFacts, noBillingFacts } from './facts.js';
import type { BillingReport, Link } from './report.js';

/** How far a billing customer is matched with a lead. Derived, never stored. */
export const matchStatuses = ['waiting', 'matched', 'unmatched', 'pre-existing'] as const;
export type MatchStatus = (typeof matchStatuses)[number];

/** What a lead's journey was told of a billing customer. */
export interface Notification {
  readonly leadId: string;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
}

/** All that is remembered of one billing customer. Plain data. */
export interface BillingState {
  readonly facts: BillingFacts;
  /** The link that counts whatever events say: something was handed over by it, or an operator said so. */
  readonly held?: Link & { readonly note?: string };
  /** What the lead's journey was told last. */
  readonly notified?: Notification;
  /** When a payment was first known, and no lead. */
  readonly unmatchedSince?: Instant;
  /** When that had lasted too long. */
  readonly attentionSince?: Instant;
}

export const nothingKnown: BillingState = { facts: noBillingFacts };

/** What somebody asked for, beside what is reported. */
export interface PendingRequests {
  /** An operator names the lead. */
  readonly link?: { readonly leadId: string; readonly note: string; readonly isUnmerged?: true };
  /** ChartMogul may show the customer by now. */
  readonly hint?: boolean;
}

/** What to do next for a billing customer. */
export type NextAction =
  /** Tell the lead's journey; by an operator's word, even if it was withdrawn from there before. */
  | { readonly do: 'notify-journey'; readonly link: Link; readonly notification: Notification }
  /** Take back what another lead's journey was told, before an operator's link counts. */
  | { readonly do: 'withdraw'; readonly leadId: string; readonly note: string; readonly isUnmerged?: true }
  | { readonly do: 'take-link'; readonly leadId: string; readonly note: string }
  | { readonly do: 'pass-hint'; readonly leadId: string }
  | { readonly do: 'raise-attention' }
  | { readonly do: 'wait'; readonly untilMs?: number };

/**
 * Decides what is to be done for a billing customer. Nothing else decides anything.
 *
 * @param now milliseconds since the epoch
 * @param matchingPeriod milliseconds that a payment may be without a lead
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

/** Takes in what an event tells. */
export function learn(state: BillingState, report: BillingReport, now: Instant): BillingState {
  return updateUnmatchedSince({ ...state, facts: joinBillingFacts(state.facts, billingFactsOf(report)) }, now);
}

/** An operator's link counts from now on, and is told to the lead's journey, again if need be: that repairs it. */
export function takeLink(state: BillingState, leadId: string, note: string, now: Instant): BillingState {
  const { notified, ...kept } = state;
  return updateUnmatchedSince({ ...kept, held: { leadId, rule: 'operator', note } }, now);
}

/** The link that counts: the one held on to, else the best that events name. */
export function linkOf({ held, facts }: BillingState): BillingState['held'] {
  return held ?? facts.links[0];
}

export function matchStatusOf(state: BillingState): MatchStatus {
  const { paidAt, trialStartedAt, begins } = state.facts;
  if (linkOf(state) !== undefined) return paidAt === undefined && trialStartedAt === undefined ? 'waiting' : 'matched';
  if (paidAt === undefined) return 'waiting';
  return begins ? 'unmatched' : 'pre-existing';
}

/** A company's whole base pays in its first month: only who began before our eyes can be missed. */
function updateUnmatchedSince(state: BillingState, now: Instant): BillingState {
  if (matchStatusOf(state) === 'unmatched') return { ...state, unmatchedSince: state.unmatchedSince ?? now };
  const { unmatchedSince, attentionSince, ...matched } = state;
  return matched;
}

/** A journey needs no more than the first trial and the first payment. */
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
