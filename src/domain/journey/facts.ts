import { earliest, type Instant } from './instant.js';
import type { Profile, ProfileField, Report } from './reports.js';

/** A date of a billing customer. */
export interface BillingDate {
  readonly billingCustomerId: string;
  readonly at: Instant;
  /** No report named the customer, so its id was taken to be the lead's. */
  readonly isInferred?: true;
}

/** A value that an operator set to replace the reported one, and why. */
export interface Correction {
  readonly to: Instant;
  readonly note: string;
}

/** The dates that an operator can correct. */
export const correctableDates = ['leadCreatedAt', 'trialStartedAt', 'paidAt'] as const;
export type CorrectableDate = (typeof correctableDates)[number];

/**
 * Everything a journey knows about its lead, from reports in any order and number.
 *
 * Facts are only ever joined: {@link joinFacts} is commutative, associative and idempotent, so late, repeated and
 * reordered reports produce the same facts. Operators' changes (`corrections`, `relink`, `withdrawals`) override all
 * reports.
 */
export interface Facts {
  /** Earliest date reported for the lead itself. {@link leadDate} is the effective date. */
  readonly leadCreatedAt?: Instant;
  /** Earliest trial reported. */
  readonly trialStartedAt?: Instant;
  /** Earliest trial that was reported without a billing customer. */
  readonly trialWithoutCustomer?: Instant;
  /** Earliest trial of each customer whose trial runs in the billing system. Sorted like `payments`. */
  readonly billingTrials?: readonly BillingDate[];
  /** First payment of each billing customer. Earliest first, ties by smallest id. */
  readonly payments: readonly BillingDate[];
  readonly profile: { readonly [field in ProfileField]?: { readonly value: string; readonly occurredAt: Instant } };
  readonly corrections: { readonly [date in CorrectableDate]?: Correction };
  /** The billing customer set by an operator, and those it replaces: their payments count as its own. */
  readonly relink?: {
    readonly billingCustomerId: string;
    readonly insteadOf: readonly string[];
    readonly note: string;
  };
  /** Billing customers that an operator separated from this lead. Their trials and payments are ignored here. */
  readonly withdrawals?: readonly Withdrawal[];
  /** Billing customers that an operator linked to this lead. Overrides the withdrawals of an earlier journey. */
  readonly reinstated?: readonly string[];
  /** The dates on the lead's own record when it was first observed, if this journey did not create it. */
  readonly importedDates?: RecordDates;
  /** The dates on the paying customer's record before the merge: the billing system, an import or a person set them. */
  readonly payerDates?: RecordDates;
  /**
   * Other leads that the merged record has held since its dates last agreed with this lead's own. Sorted, never empty.
   * While one is in the record, earlier dates are its own; once all have left, those dates no longer count.
   */
  readonly otherLeads?: readonly string[];
  /** Billing customers that an operator confirmed to be this person, so that their records are merged. Sorted. */
  readonly samePerson?: readonly string[];
  /** Rules that a run which began before them does not follow, because a replay must decide the same. */
  readonly without?: { readonly [rule in FactRule]?: true };
}

/** `payment-ends-trials`: {@link trialDate}. `several-customers`: {@link payerId}, {@link paymentDate}, {@link customersOf}. */
export type FactRule = 'payment-ends-trials' | 'several-customers';

/** Dates of a ChartMogul customer: {@link FunnelDates}. */
export interface RecordDates {
  readonly leadCreatedAt?: Instant;
  readonly freeTrialStartedAt?: Instant;
}

/** A billing customer that belongs to another lead, and why. */
export interface Withdrawal {
  readonly billingCustomerId: string;
  readonly note: string;
  /** An operator unmerged the lead from it. A payment that was reported for it counts for the next `relink`. */
  readonly byUnmerge?: true;
}

export const noFacts: Facts = { payments: [], profile: {}, corrections: {} };

/** Whether any date is known. */
export function hasReports({ leadCreatedAt, trialStartedAt, payments }: Facts): boolean {
  return leadCreatedAt !== undefined || trialStartedAt !== undefined || payments.length > 0;
}

/** The facts in one report. A payment without a `billingCustomerId` belongs to the customer with the id `leadId`. */
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
        ...(billingCustomerId === undefined
          ? { trialWithoutCustomer: at }
          : { billingTrials: [{ billingCustomerId, at }] }),
      };
    }
    case 'paymentSucceeded':
      return {
        ...noFacts,
        profile,
        payments: [
          report.billingCustomerId === undefined
            ? { billingCustomerId: leadId, at, isInferred: true }
            : { billingCustomerId: report.billingCustomerId, at },
        ],
      };
  }
}

/** Joins the facts of two sets of reports. Operators' changes are taken from `known`. */
export function joinFacts(known: Facts, reported: Facts): Facts {
  const leadCreatedAt = earliest(known.leadCreatedAt, reported.leadCreatedAt);
  const trialStartedAt = earliest(known.trialStartedAt, reported.trialStartedAt);
  const trialWithoutCustomer = earliest(known.trialWithoutCustomer, reported.trialWithoutCustomer);
  const billingTrials = firstOfEach([...(known.billingTrials ?? []), ...(reported.billingTrials ?? [])]);
  return {
    ...known,
    ...(leadCreatedAt !== undefined && { leadCreatedAt }),
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(trialWithoutCustomer !== undefined && { trialWithoutCustomer }),
    ...(billingTrials.length > 0 && { billingTrials }),
    payments: firstOfEach([...known.payments, ...reported.payments]),
    profile: latestOfEach(known.profile, reported.profile),
  };
}

/** Notes the other leads in a merged record. */
export function noteOtherLeads(facts: Facts, leadIds: readonly string[]): Facts {
  const otherLeads = [...new Set([...(facts.otherLeads ?? []), ...leadIds])].sort(compare).slice(0, otherLeadsKept);
  return otherLeads.length > 0 ? { ...facts, otherLeads } : facts;
}

/** More than leads of one payer in practice; a bound for the journey's state. */
const otherLeadsKept = 20;

/** What an earlier journey of the same lead knew when it ended. */
export interface PreviousResult {
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly billingCustomerId?: string;
  readonly corrections: Facts['corrections'];
  readonly withdrawals?: readonly Withdrawal[];
  readonly payerDates?: RecordDates;
  readonly otherLeads?: readonly string[];
  readonly payerTrial?: PayerTrial;
}

/** The lead's trial, if it was reported with the paying customer. */
export interface PayerTrial {
  readonly at: Instant;
  /** The lead's dates without it, and without corrections. */
  readonly otherwise: OwnDates;
}

export type OwnDates = Pick<Facts, 'leadCreatedAt' | 'trialStartedAt'>;

/** Adds what an earlier journey knew. Its facts are joined; its operator's changes apply unless newer ones exist. */
export function addPreviousResult(facts: Facts, previous: PreviousResult): Facts {
  const { billingCustomerId, paidAt, corrections, withdrawals = [], payerDates, otherLeads, payerTrial } = previous;
  const { leadCreatedAt, trialStartedAt } = payerTrial?.otherwise ?? previous;
  const trial = earliest(trialStartedAt, payerTrial?.at);
  const ofPayer = (at: Instant | undefined) =>
    billingCustomerId === undefined || at === undefined ? [] : [{ billingCustomerId, at }];
  const { importedDates, ...known } = facts; // the earlier journey wrote them
  const joined = joinFacts(known, {
    ...noFacts,
    ...(leadCreatedAt !== undefined && { leadCreatedAt }),
    ...(trial !== undefined && { trialStartedAt: trial }),
    ...(trialStartedAt !== undefined && { trialWithoutCustomer: trialStartedAt }),
    billingTrials: ofPayer(payerTrial?.at),
    payments: ofPayer(paidAt),
  });
  const recalled = {
    ...joined,
    corrections: { ...corrections, ...joined.corrections },
    ...(payerDates !== undefined && { payerDates }),
    ...(otherLeads !== undefined && { otherLeads }),
  };
  return withdrawals
    .filter((withdrawal) => !isWithdrawn(facts, withdrawal.billingCustomerId))
    .filter((withdrawal) => !facts.reinstated?.includes(withdrawal.billingCustomerId))
    .reduce(withdrawFacts, recalled);
}

/** Applies an operator's date, which replaces the reported one until the next correction. */
export function correctFacts(facts: Facts, date: CorrectableDate, correction: Correction): Facts {
  return { ...facts, corrections: { ...facts.corrections, [date]: correction } };
}

/** Applies an operator's choice of billing customer. Payments reported for the previous one count for the new one. */
export function relinkFacts(facts: Facts, billingCustomerId: string, note: string): Facts {
  const before = payerId(facts);
  const unmerged = (facts.withdrawals ?? []).filter(({ byUnmerge }) => byUnmerge).map((from) => from.billingCustomerId);
  const insteadOf = new Set([
    ...(facts.relink?.insteadOf ?? []),
    ...unmerged,
    ...(before === undefined ? [] : [before]),
  ]);
  insteadOf.delete(billingCustomerId);
  const relinked = { ...facts, relink: { billingCustomerId, insteadOf: [...insteadOf].sort(), note } };
  return isWithdrawn(facts, billingCustomerId) ? reinstateFacts(relinked, billingCustomerId) : relinked;
}

/** Ignores a billing customer that an operator linked to another lead, until an operator links it back. */
export function withdrawFacts(facts: Facts, { billingCustomerId, note, byUnmerge }: Withdrawal): Facts {
  const { relink, withdrawals, reinstated, ...kept } = facts;
  return {
    ...kept,
    ...(relink !== undefined && relink.billingCustomerId !== billingCustomerId && { relink }),
    withdrawals: [
      ...others(withdrawals, billingCustomerId),
      { billingCustomerId, note, ...(byUnmerge && { byUnmerge }) },
    ],
    ...(reinstated && { reinstated: reinstated.filter((id) => id !== billingCustomerId) }),
  };
}

/** An operator confirmed that another billing customer of the lead is the same person. */
export function confirmSamePerson(facts: Facts, billingCustomerId: string): Facts {
  const samePerson = [...new Set([...(facts.samePerson ?? []), billingCustomerId])].sort(compare);
  return { ...facts, samePerson };
}

/** Whether an operator confirmed that a customer belongs to this lead: by `merge`, or by a link. */
export function isConfirmed({ samePerson = [], reinstated = [] }: Facts, billingCustomerId: string): boolean {
  return samePerson.includes(billingCustomerId) || reinstated.includes(billingCustomerId);
}

/** The rules that matter for these facts: the others decide nothing. */
export function contestedRules(facts: Facts): FactRule[] {
  const isInferred = facts.payments.some((payment) => payment.isInferred);
  const isContested: Record<FactRule, boolean> = {
    'payment-ends-trials': startsAfterPayment(facts),
    'several-customers': customersOf(facts).length > (isInferred ? 0 : 1) && facts.payments.length > 0,
  };
  return (Object.keys(isContested) as FactRule[]).filter((rule) => isContested[rule]);
}

/** Counts a billing customer again that an operator linked to this lead. */
export function reinstateFacts(facts: Facts, billingCustomerId: string): Facts {
  const { withdrawals, reinstated = [], ...kept } = facts;
  const left = others(withdrawals, billingCustomerId);
  // After an unmerge, the trial of the customer did not count.
  const trial = isUnmergedFrom(facts, billingCustomerId) ? trialOf(facts, billingCustomerId) : undefined;
  const trialStartedAt = earliest(facts.trialStartedAt, trial);
  return {
    ...kept,
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(left.length > 0 && { withdrawals: left }),
    reinstated: [...new Set([...reinstated, billingCustomerId])].sort(compare),
  };
}

export function isWithdrawn({ withdrawals = [] }: Facts, billingCustomerId: string): boolean {
  return withdrawals.some((withdrawal) => withdrawal.billingCustomerId === billingCustomerId);
}

/** Whether an operator unmerged the lead from this customer, and nobody has linked or withdrawn it since. */
export function isUnmergedFrom({ withdrawals = [] }: Facts, billingCustomerId: string): boolean {
  return withdrawals.some((withdrawal) => withdrawal.billingCustomerId === billingCustomerId && withdrawal.byUnmerge);
}

/** The earliest trial that was reported with this customer. */
export function trialOf({ billingTrials = [] }: Facts, billingCustomerId: string): Instant | undefined {
  return billingTrials.find((trial) => trial.billingCustomerId === billingCustomerId)?.at;
}

/** The lead's dates without the trials of some billing customers, and without corrections. */
export function ownDates(facts: Facts, billingCustomerIds: readonly string[]): OwnDates {
  const { trialStartedAt, trialWithoutCustomer, billingTrials = [], importedDates = {} } = facts;
  const isOf = (id: string) => trialStartedAt !== undefined && trialOf(facts, id) === trialStartedAt;
  const rest = billingTrials.filter(({ billingCustomerId }) => !billingCustomerIds.includes(billingCustomerId));
  const trials = billingCustomerIds.some(isOf)
    ? [trialWithoutCustomer, ...counting(facts, rest).map(({ at }) => at)]
    : [trialStartedAt];
  const lead = earliest(facts.leadCreatedAt, importedDates.leadCreatedAt);
  const trial = earliest(...trials, importedDates.freeTrialStartedAt);
  return { ...(lead !== undefined && { leadCreatedAt: lead }), ...(trial !== undefined && { trialStartedAt: trial }) };
}

function others(withdrawals: readonly Withdrawal[] = [], billingCustomerId: string): Withdrawal[] {
  return withdrawals.filter((withdrawal) => withdrawal.billingCustomerId !== billingCustomerId);
}

/** The effective trial date. A trial after the lead's first payment is not its free trial. */
export function trialDate(facts: Facts): Instant | undefined {
  const { corrections, trialStartedAt, without } = facts;
  if (corrections.trialStartedAt) return corrections.trialStartedAt.to;
  return startsAfterPayment(facts) && !without?.['payment-ends-trials'] ? undefined : trialStartedAt;
}

/** Whether the earliest reported trial started after the lead's first payment. */
export function startsAfterPayment(facts: Facts): boolean {
  const { trialStartedAt, corrections } = facts;
  const paidAt = corrections.paidAt?.to ?? counting(facts, facts.payments)[0]?.at;
  return trialStartedAt !== undefined && paidAt !== undefined && trialStartedAt > paidAt;
}

/**
 * The effective lead date: the earliest of all lead and trial dates, since a person who starts a trial is a lead. A trial
 * after the first payment counts only if nothing else dates the lead.
 */
export function leadDate(facts: Facts): Instant | undefined {
  const { corrections, leadCreatedAt, trialStartedAt } = facts;
  return corrections.leadCreatedAt?.to ?? earliest(leadCreatedAt, trialDate(facts)) ?? trialStartedAt;
}

/**
 * The billing customer to merge with first: the pinned one, else the operator's, else the first to pay or start a trial.
 * A customer that a report named comes before an inferred one.
 */
export function payerId(facts: Facts, pinned?: string): string | undefined {
  const payments = counting(facts, facts.payments);
  const named = facts.without?.['several-customers'] ? [] : payments.filter(({ isInferred }) => !isInferred);
  return (
    pinned ??
    facts.relink?.billingCustomerId ??
    [...named, ...payments][0]?.billingCustomerId ??
    counting(facts, facts.billingTrials)[0]?.billingCustomerId
  );
}

/** The lead's first payment, by any of its billing customers. */
export function paymentDate(facts: Facts, pinned?: string): Instant | undefined {
  const [first] = facts.without?.['several-customers']
    ? counting(facts, facts.payments).filter(({ billingCustomerId }) => isOwnPayer(facts, billingCustomerId, pinned))
    : counting(facts, facts.payments);
  return first && (facts.corrections.paidAt?.to ?? first.at);
}

/**
 * The billing customers that reports name for this lead, except those that an operator replaced or withdrew. An inferred
 * one counts only if none is named.
 */
export function customersOf(facts: Facts): string[] {
  const dates = [...counting(facts, facts.payments), ...counting(facts, facts.billingTrials)];
  const named = dates.filter(({ isInferred }) => !isInferred);
  const relinked = facts.relink?.billingCustomerId;
  const ids = [
    ...(relinked === undefined ? [] : [relinked]),
    ...(named.length > 0 || relinked !== undefined ? named : dates).map(({ billingCustomerId }) => billingCustomerId),
  ];
  return [...new Set(ids)].filter((id) => id === relinked || !facts.relink?.insteadOf.includes(id));
}

/** Billing customers of this lead that are not the one to merge with. */
export function otherCustomers(facts: Facts, pinned?: string): string[] {
  const payer = payerId(facts, pinned);
  return customersOf(facts).filter((id) => id !== payer);
}

function isOwnPayer(facts: Facts, billingCustomerId: string, pinned?: string): boolean {
  const payer = payerId(facts, pinned);
  if (billingCustomerId === payer) return true;
  return payer === facts.relink?.billingCustomerId && facts.relink?.insteadOf.includes(billingCustomerId) === true;
}

/** The dates of customers that were not withdrawn, or that a `relink` after an unmerge replaces. */
function counting(facts: Facts, dates: readonly BillingDate[] = []): readonly BillingDate[] {
  const isReplaced = (id: string) => isUnmergedFrom(facts, id) && facts.relink?.insteadOf.includes(id);
  return dates.filter(({ billingCustomerId: id }) => !isWithdrawn(facts, id) || isReplaced(id));
}

/** The earliest date of each billing customer, sorted by date, ties by smallest id. */
function firstOfEach(dates: readonly BillingDate[]): readonly BillingDate[] {
  if (dates.length < 2) return dates; // an import of a million lines spends its time here
  const sorted = [...dates].sort(byDateThenId);
  const named = new Set(
    dates.filter(({ isInferred }) => !isInferred).map(({ billingCustomerId }) => billingCustomerId),
  );
  const seen = new Set<string>();
  return sorted
    .filter(({ billingCustomerId }) => !seen.has(billingCustomerId) && seen.add(billingCustomerId))
    .map(({ isInferred, ...date }) =>
      isInferred && !named.has(date.billingCustomerId) ? { ...date, isInferred } : date,
    );
}

function byDateThenId(a: BillingDate, b: BillingDate): number {
  return compare(a.at, b.at) || compare(a.billingCustomerId, b.billingCustomerId);
}

/** Each profile field as last reported. Ties go to the greater value: any deterministic rule works. */
function latestOfEach(a: Facts['profile'], b: Facts['profile']): Facts['profile'] {
  const latest: { -readonly [field in keyof Facts['profile']]: Facts['profile'][field] } = { ...a };
  for (const [field, theirs] of Object.entries(b)) {
    const key = field as ProfileField; // the parser allows only these keys
    const ours = latest[key];
    const isNewer = !ours || (compare(theirs.occurredAt, ours.occurredAt) || compare(theirs.value, ours.value)) > 0;
    if (isNewer) latest[key] = theirs;
  }
  return latest;
}

/** The profile as sent to ChartMogul. */
export function profileOf(facts: Facts): Profile {
  return Object.fromEntries(Object.entries(facts.profile).map(([field, { value }]) => [field, value]));
}

/** By code units, not by locale: the order must be the same on every machine that replays. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
