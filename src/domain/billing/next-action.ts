import type { Instant } from '../journey/instant.js';
import { type BillingFacts, billingFactsOf, joinBillingFacts, noBillingFacts } from './facts.js';
import { type BillingReport, type Link, linkRules } from './report.js';

/** Whether a billing customer is matched with a lead. Derived, never stored. */
export const matchStatuses = ['waiting', 'matched', 'unmatched', 'pre-existing'] as const;
export type MatchStatus = (typeof matchStatuses)[number];

/** What a lead's journey is notified of about a billing customer. */
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
  /** The lead whose journey may have received a notification, but the answer is unknown. */
  readonly notifying?: string;
  /** A withdrawal from the lead's journey failed, but may have been applied. The next notification undoes it. */
  readonly mayBeWithdrawn?: true;
  /** Set while the lead's journey cannot be notified. */
  readonly unreachable?: Unreachable;
  /** A trial without a lead counts as unmatched, as a payment does. Unset in states of older releases. */
  readonly matchesTrials?: true;
  /** When a trial or payment first became known without a lead. */
  readonly unmatchedSince?: Instant;
  /** When the matching period ended without a lead. */
  readonly attentionSince?: Instant;
  /** When an event first named a lead that conflicts with the notified one. */
  readonly conflictSince?: Instant;
}

/** Why the lead's journey cannot be notified, and the time of the next try. */
export interface Unreachable {
  readonly since: Instant;
  /** The last failure. Contains no personal data. */
  readonly detail: string;
  /** Undefined if the next try is due. */
  readonly nextTryAt?: Instant;
}

export const nothingKnown: BillingState = { facts: noBillingFacts };

/** Requests that are not reports. */
export interface PendingRequests {
  /** An operator names the lead. */
  readonly link?: {
    readonly leadId: string;
    readonly note: string;
    readonly isUnmerged?: true;
    /** The leads whose journeys must give up the customer first; undefined until they are looked up. */
    readonly withdrawFrom?: readonly string[];
  };
  /** ChartMogul may show the customer by now. */
  readonly hint?: boolean;
}

/** What to do next for a billing customer. */
export type NextAction =
  /** Notify the lead's journey. `reinstates`: also if the customer was withdrawn from it before. */
  | {
      readonly do: 'notify-journey';
      readonly link: Link;
      readonly notification: Notification;
      readonly reinstates?: true;
    }
  /** Look up which other leads have the customer, before an operator's link takes effect. */
  | { readonly do: 'check-link'; readonly leadId: string; readonly isUnmerged?: true }
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
 * @param matchingPeriod how long a trial or payment may have no lead, in milliseconds
 */
export function nextAction(
  state: BillingState,
  asked: PendingRequests,
  now: number,
  matchingPeriod: number,
): NextAction {
  if (asked.link !== undefined) {
    const { leadId, withdrawFrom, ...why } = asked.link;
    if (withdrawFrom === undefined) return { do: 'check-link', leadId, ...(why.isUnmerged && { isUnmerged: true }) };
    const [otherLead] = withdrawFrom;
    return otherLead === undefined
      ? { do: 'take-link', leadId, note: why.note }
      : { do: 'withdraw', leadId: otherLead, ...why };
  }

  const nextTryAt = state.unreachable?.nextTryAt;
  const nextTryMs = nextTryAt === undefined ? now : Date.parse(nextTryAt);
  const link = linkOf(state);
  const notification = pendingNotification(state);
  if (link && notification && nextTryMs <= now) {
    const reinstates = link.rule === 'operator' || state.mayBeWithdrawn === true;
    return { do: 'notify-journey', link, notification, ...(reinstates && { reinstates }) };
  }

  if (asked.hint && state.notified?.paidAt !== undefined) return { do: 'pass-hint', leadId: state.notified.leadId };

  if (notification) return { do: 'wait', untilMs: nextTryMs };

  if (state.unmatchedSince === undefined || state.attentionSince !== undefined) return { do: 'wait' };
  const untilMs = Date.parse(state.unmatchedSince) + matchingPeriod;
  return now < untilMs ? { do: 'wait', untilMs } : { do: 'raise-attention' };
}

/** Adds what an event reports. If the lead's journey cannot be notified, the next try is due at once. */
export function learn(state: BillingState, report: BillingReport, now: Instant): BillingState {
  const { unreachable, ...kept } = state;
  const facts = joinBillingFacts(state.facts, billingFactsOf(report));
  const woken = unreachable && { since: unreachable.since, detail: unreachable.detail };
  return updateUnmatchedSince({ ...kept, facts, ...(woken && { unreachable: woken }) }, now);
}

/**
 * Adds what an older release did not show: a trial without a lead, and a lead that conflicts with the notified one.
 *
 * @returns the same object if there is nothing to add
 */
export function showUnsettled(state: BillingState, now: Instant): BillingState {
  if (state.matchesTrials === undefined && isTrialWithoutLead(state)) {
    return updateUnmatchedSince({ ...state, matchesTrials: true }, now);
  }
  if (state.conflictSince === undefined && conflictingLink(state) !== undefined) {
    return { ...state, conflictSince: now };
  }
  return state;
}

function isTrialWithoutLead(state: BillingState): boolean {
  return linkOf(state) === undefined && state.facts.trialStartedAt !== undefined && state.facts.paidAt === undefined;
}

/**
 * The link to another lead that events would have preferred to the notified one: by a better rule, or by a later event
 * of the same rule. Undefined once an operator has linked.
 */
export function conflictingLink({ held, facts }: BillingState): Link | undefined {
  if (held === undefined || held.rule === 'operator') return undefined;
  const own = facts.links.find(({ leadId }) => leadId === held.leadId);
  const best = own && isPreferred(own, held) && own.rule !== held.rule ? own : held;
  return facts.links.find((link) => link.leadId !== held.leadId && isPreferred(link, best));
}

function isPreferred(link: Link, to: Link): boolean {
  const [rank, rankOfOther] = [linkRules.indexOf(link.rule), linkRules.indexOf(to.rule)];
  return rank < rankOfOther || (rank === rankOfOther && (link.at ?? '') > (to.at ?? ''));
}

/** Applies an operator's link. The lead's journey is notified, even if it was notified before: that repairs it. */
export function takeLink(state: BillingState, leadId: string, note: string, now: Instant): BillingState {
  const { notified, notifying, mayBeWithdrawn, unreachable, conflictSince, ...kept } = state;
  // A journey that was notified before stays known, so that the next link withdraws the customer from it.
  const isTold = toldLead(state) === leadId;
  const held = { leadId, rule: 'operator', note } as const;
  return updateUnmatchedSince({ ...kept, ...(isTold && { notifying: leadId }), held }, now);
}

/**
 * Fixes the link before it is used for a notification, since the journey may receive the notification even if the
 * answer is lost. From now on the link overrides all events.
 */
export function startNotifying(state: BillingState, link: Link): BillingState {
  return { ...state, held: link, notifying: link.leadId };
}

export function noteNotified(state: BillingState, notified: Notification): BillingState {
  const { notifying, mayBeWithdrawn, unreachable, ...kept } = state;
  return { ...kept, notified };
}

/** The lead's journey could not be notified. `since` stays the same while it keeps failing. */
export function noteUnreachable(state: BillingState, { since, ...failure }: Unreachable): BillingState {
  return { ...state, unreachable: { since: state.unreachable?.since ?? since, ...failure } };
}

/** A lead's journey gave up the customer. */
export function noteWithdrawn(state: BillingState, leadId: string): BillingState {
  if (toldLead(state) !== leadId) return state;
  const { notified, notifying, ...kept } = state;
  return kept;
}

/** A withdrawal failed, but may have been applied: the lead's journey is notified again. */
export function noteWithdrawalUnknown(state: BillingState, leadId: string): BillingState {
  if (toldLead(state) !== leadId) return state;
  const { notified, ...kept } = state;
  return { ...kept, notifying: leadId, mayBeWithdrawn: true };
}

/**
 * The leads whose journeys must give up the customer before it is linked to `leadId`.
 *
 * The lead of the last notification comes last. If its journey rejects the withdrawal, it has requested the merge, so
 * the withdrawals before it are correct without the link.
 *
 * @param found the leads of all journeys that count the customer
 */
export function leadsToWithdrawFrom(state: BillingState, leadId: string, found: readonly string[]): string[] {
  const told = toldLead(state);
  const others = new Set(found.filter((other) => other !== leadId && other !== told));
  return [...others, ...(told === undefined || told === leadId ? [] : [told])];
}

/** The lead whose journey received, or may have received, the last notification. */
function toldLead({ notified, notifying }: BillingState): string | undefined {
  return notified?.leadId ?? notifying;
}

/** The link in effect: the held one, else the best one that events name. */
export function linkOf({ held, facts }: BillingState): BillingState['held'] {
  return held ?? facts.links[0];
}

export function matchStatusOf(state: BillingState): MatchStatus {
  const { trialStartedAt, paidAt, begins } = state.facts;
  const { notified, matchesTrials } = state;
  if (linkOf(state) !== undefined) return notified && !pendingNotification(state) ? 'matched' : 'waiting';
  const needsLead = paidAt !== undefined || (matchesTrials && trialStartedAt !== undefined);
  if (!needsLead) return 'waiting';
  return begins ? 'unmatched' : 'pre-existing';
}

/** In the first month all existing customers pay too, so only a customer whose start was reported can be unmatched. */
function updateUnmatchedSince(state: BillingState, now: Instant): BillingState {
  const { matchesTrials, ...known } = state;
  const current = isTrialWithoutLead(state) ? state : known;
  if (matchStatusOf(current) === 'unmatched') return { ...current, unmatchedSince: current.unmatchedSince ?? now };
  const { unmatchedSince, attentionSince, ...matched } = current;
  return matched;
}

/** What the lead's journey has not received yet, if anything. */
export function pendingNotification(state: BillingState): Notification | undefined {
  const link = linkOf(state);
  const notification = link && notificationOf(link.leadId, state.facts);
  return notification && !isSame(notification, state.notified) ? notification : undefined;
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
