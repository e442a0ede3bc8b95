import { earliest, type Instant } from './instant.js';
import type { Profile, ProfileField, Report } from './reports.js';

/** A date that belongs to a customer of the billing system. */
export interface BillingDate {
  readonly billingCustomerId: string;
  readonly at: Instant;
}

/** What an operator set in place of the reports, and why. */
export interface Correction {
  readonly to: Instant;
  readonly note: string;
}

/** The dates an operator can correct. */
export const correctableDates = ['leadCreatedAt', 'trialStartedAt', 'paidAt'] as const;
export type CorrectableDate = (typeof correctableDates)[number];

/**
 * All that a journey knows about its lead, from reports in any order and number.
 *
 * Facts only ever join: {@link joinFacts} is commutative, associative and idempotent, so late, repeated and shuffled
 * reports end in the same facts. Operators' words (`corrections`, `relink`, `withdrawals`) stand above all reports.
 */
export interface Facts {
  /** Earliest date reported for the lead itself. {@link leadDate} is what counts. */
  readonly leadCreatedAt?: Instant;
  /** Earliest trial reported. */
  readonly trialStartedAt?: Instant;
  /** Earliest trial of each customer whose trial runs in the billing system, in the same order as payments. */
  readonly billingTrials?: readonly BillingDate[];
  /** First payment of each billing customer, earliest first, ties by smallest id. */
  readonly payments: readonly BillingDate[];
  readonly profile: { readonly [field in ProfileField]?: { readonly value: string; readonly occurredAt: Instant } };
  readonly corrections: { readonly [date in CorrectableDate]?: Correction };
  /** The billing customer named by an operator, and those it stands in for: their payments count as its own. */
  readonly relink?: {
    readonly billingCustomerId: string;
    readonly insteadOf: readonly string[];
    readonly note: string;
  };
  /** Billing customers that an operator linked to another lead: nothing they do counts here. */
  readonly withdrawals?: readonly Withdrawal[];
  /** Those that an operator linked to this lead, whatever an earlier journey knew of them. */
  readonly reinstated?: readonly string[];
}

/** A billing customer that is another lead, and why. */
export interface Withdrawal {
  readonly billingCustomerId: string;
  readonly note: string;
}

export const noFacts: Facts = { payments: [], profile: {}, corrections: {} };

/** The facts that one report states. `leadId` stands in where the billing system knows the customer by the lead's id. */
export function factsOf(report: Report, leadId: string): Facts {
  const profile = Object.fromEntries(
    Object.entries(report.profile ?? {}).map(([field, value]) => [field, { value, occurredAt: report.occurredAt }]),
  );
  const at = report.occurredAt;
  switch (report.kind) {
    case 'leadCreated':
      return { ...noFacts, profile, leadCreatedAt: at };
    case 'trialStarted': {
      const { billingCustomerId } = report;
      return {
        ...noFacts,
        profile,
        trialStartedAt: at,
        ...(billingCustomerId !== undefined && { billingTrials: [{ billingCustomerId, at }] }),
      };
    }
    case 'paymentSucceeded':
      return { ...noFacts, profile, payments: [{ billingCustomerId: report.billingCustomerId ?? leadId, at }] };
  }
}

/** Joins what two sets of reports state. Operators' words are taken from `known`. */
export function joinFacts(known: Facts, reported: Facts): Facts {
  const leadCreatedAt = earliest(known.leadCreatedAt, reported.leadCreatedAt);
  const trialStartedAt = earliest(known.trialStartedAt, reported.trialStartedAt);
  const billingTrials = firstOfEach([...(known.billingTrials ?? []), ...(reported.billingTrials ?? [])]);
  return {
    ...(leadCreatedAt !== undefined && { leadCreatedAt }),
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(billingTrials.length > 0 && { billingTrials }),
    payments: firstOfEach([...known.payments, ...reported.payments]),
    profile: latestOfEach(known.profile, reported.profile),
    corrections: known.corrections,
    ...(known.relink !== undefined && { relink: known.relink }),
    ...(known.withdrawals !== undefined && { withdrawals: known.withdrawals }),
    ...(known.reinstated !== undefined && { reinstated: known.reinstated }),
  };
}

/** What an earlier journey of the same lead knew in the end. */
export interface PreviousResult {
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly billingCustomerId?: string;
  readonly corrections: Facts['corrections'];
  readonly withdrawals?: readonly Withdrawal[];
}

/** Takes in what an earlier journey knew: its facts join, its operator's words hold until there are others. */
export function addPreviousResult(facts: Facts, previous: PreviousResult): Facts {
  const { billingCustomerId, paidAt, corrections, withdrawals = [], ...dates } = previous;
  const payments = billingCustomerId !== undefined && paidAt !== undefined ? [{ billingCustomerId, at: paidAt }] : [];
  const joined = joinFacts(facts, { ...noFacts, ...dates, payments });
  const recalled = { ...joined, corrections: { ...corrections, ...joined.corrections } };
  return withdrawals
    .filter((withdrawal) => !isWithdrawn(facts, withdrawal.billingCustomerId))
    .filter((withdrawal) => !facts.reinstated?.includes(withdrawal.billingCustomerId))
    .reduce(withdrawFacts, recalled);
}

/** An operator's date replaces what reports said, until the next correction. */
export function correctFacts(facts: Facts, date: CorrectableDate, correction: Correction): Facts {
  return { ...facts, corrections: { ...facts.corrections, [date]: correction } };
}

/** An operator names the billing customer; payments reported for the one before count as the new one's. */
export function relinkFacts(facts: Facts, billingCustomerId: string, note: string): Facts {
  const before = payerId(facts);
  const insteadOf = new Set([...(facts.relink?.insteadOf ?? []), ...(before === undefined ? [] : [before])]);
  insteadOf.delete(billingCustomerId);
  const relinked = { ...facts, relink: { billingCustomerId, insteadOf: [...insteadOf].sort(), note } };
  return isWithdrawn(facts, billingCustomerId) ? reinstateFacts(relinked, billingCustomerId) : relinked;
}

/** An operator linked the billing customer to another lead: all it did and will do counts there, until it is linked back. */
export function withdrawFacts(facts: Facts, { billingCustomerId, note }: Withdrawal): Facts {
  const { relink, withdrawals, reinstated, ...kept } = facts;
  return {
    ...kept,
    ...(relink !== undefined && relink.billingCustomerId !== billingCustomerId && { relink }),
    withdrawals: [...others(withdrawals, billingCustomerId), { billingCustomerId, note }],
    ...(reinstated && { reinstated: reinstated.filter((id) => id !== billingCustomerId) }),
  };
}

/** An operator linked the billing customer to this lead. */
export function reinstateFacts(facts: Facts, billingCustomerId: string): Facts {
  const { withdrawals, reinstated = [], ...kept } = facts;
  const left = others(withdrawals, billingCustomerId);
  return {
    ...kept,
    ...(left.length > 0 && { withdrawals: left }),
    reinstated: [...new Set([...reinstated, billingCustomerId])].sort(compare),
  };
}

export function isWithdrawn({ withdrawals = [] }: Facts, billingCustomerId: string): boolean {
  return withdrawals.some((withdrawal) => withdrawal.billingCustomerId === billingCustomerId);
}

function others(withdrawals: readonly Withdrawal[] = [], billingCustomerId: string): Withdrawal[] {
  return withdrawals.filter((withdrawal) => withdrawal.billingCustomerId !== billingCustomerId);
}

/** The trial date that counts. */
export function trialDate(facts: Facts): Instant | undefined {
  return facts.corrections.trialStartedAt?.to ?? facts.trialStartedAt;
}

/** The lead date that counts: nobody starts a trial before being a lead, so the earliest of all lead and trial dates. */
export function leadDate(facts: Facts): Instant | undefined {
  return facts.corrections.leadCreatedAt?.to ?? earliest(facts.leadCreatedAt, trialDate(facts));
}

/** The billing customer to merge with: the pinned one, else the operator's, else who paid first, else whose trial it is. */
export function payerId(facts: Facts, pinned?: string): string | undefined {
  return (
    pinned ??
    facts.relink?.billingCustomerId ??
    counting(facts, facts.payments)[0]?.billingCustomerId ??
    counting(facts, facts.billingTrials)[0]?.billingCustomerId
  );
}

/** The first payment of the journey's own billing customer. */
export function paymentDate(facts: Facts, pinned?: string): Instant | undefined {
  const payments = counting(facts, facts.payments);
  const payment = payments.find(({ billingCustomerId }) => isOwnPayer(facts, billingCustomerId, pinned));
  return payment && (facts.corrections.paidAt?.to ?? payment.at);
}

/** Billing customers that were reported as paying for this lead but are not the one it is merged with. */
export function otherPayers(facts: Facts, pinned?: string): string[] {
  return counting(facts, facts.payments)
    .map(({ billingCustomerId }) => billingCustomerId)
    .filter((billingCustomerId) => !isOwnPayer(facts, billingCustomerId, pinned));
}

function isOwnPayer(facts: Facts, billingCustomerId: string, pinned?: string): boolean {
  const payer = payerId(facts, pinned);
  if (billingCustomerId === payer) return true;
  return payer === facts.relink?.billingCustomerId && facts.relink?.insteadOf.includes(billingCustomerId) === true;
}

/** The dates of customers that were not withdrawn. */
function counting(facts: Facts, dates: readonly BillingDate[] = []): readonly BillingDate[] {
  return dates.filter(({ billingCustomerId }) => !isWithdrawn(facts, billingCustomerId));
}

/** The earliest date of each billing customer, in order of date, ties by smallest id. */
function firstOfEach(dates: readonly BillingDate[]): BillingDate[] {
  const sorted = [...dates].sort(byDateThenId);
  const seen = new Set<string>();
  return sorted.filter(({ billingCustomerId }) => !seen.has(billingCustomerId) && seen.add(billingCustomerId));
}

function byDateThenId(a: BillingDate, b: BillingDate): number {
  return compare(a.at, b.at) || compare(a.billingCustomerId, b.billingCustomerId);
}

/** Each profile field as last reported, ties by greater value: any fixed rule will do, as long as it is one. */
function latestOfEach(a: Facts['profile'], b: Facts['profile']): Facts['profile'] {
  const latest: { -readonly [field in keyof Facts['profile']]: Facts['profile'][field] } = { ...a };
  for (const [field, theirs] of Object.entries(b)) {
    const key = field as ProfileField; // the keys of a profile are the fields the parser let in
    const ours = latest[key];
    const isNewer = !ours || (compare(theirs.occurredAt, ours.occurredAt) || compare(theirs.value, ours.value)) > 0;
    if (isNewer) latest[key] = theirs;
  }
  return latest;
}

/** The profile as it is sent to ChartMogul. */
export function profileOf(facts: Facts): Profile {
  return Object.fromEntries(Object.entries(facts.profile).map(([field, { value }]) => [field, value]));
}

/** By code units, not by locale: the order must be the same on every machine that replays. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
