import type { StepFailure } from './attention.js';
import { type DatesToWrite, datesAgree, earliestDates, type FunnelDates, funnelDates, reportedDates } from './dates.js';
import { type Facts, isUnmergedFrom, leadDate, ownDates, payerId, withdrawFacts } from './facts.js';
import type { Instant } from './instant.js';
import { forgetMerge, lookAgain, mergedRecord, type NextStep, type Observations, unlessRefused } from './next-step.js';
import { type CustomerRecord, holdsPayer, idsBeside, isBillingId, leadIdsIn } from './records.js';

/** An operator's unmerge that is under way. Plain data. */
export interface Unmerging {
  readonly note: string;
  /** A merge was requested, and ChartMogul may still show it: then it is taken back. */
  readonly mayMerge?: true;
  /** ChartMogul does not show the billing customer, so there is no record to restore. */
  readonly isPayerMissing?: true;
  /** The record that the lead leaves, as it was before. */
  readonly left?: CustomerRecord;
  /** The other leads in that record. */
  readonly others?: readonly DatesOfLead[];
  /** ChartMogul answered once that the left record does not exist. */
  readonly isLeftMissed?: true;
  /** The record that the lead has left, after its dates were put back. */
  readonly restored?: CustomerRecord | 'gone';
  /** The lead's own record has the lead's own dates. */
  readonly isLeadRestored?: true;
}

/** What the journey of another lead knows. */
export interface DatesOfLead {
  readonly leadId: string;
  /** Undefined: Temporal has no journey of this lead that was not closed. */
  readonly own?: FunnelDates;
  /** Its paying customer, with the dates from before that customer was merged. */
  readonly payer?: PayerBefore;
}

interface PayerBefore {
  readonly billingCustomerId: string;
  readonly dates: FunnelDates;
}

/** The result of an unmerge. */
export interface Unmerged {
  readonly note: string;
  readonly at: Instant;
  /** The billing customers that the lead was separated from. They are withdrawn from it. */
  readonly billingCustomerIds: readonly string[];
  /** The record that the lead has left, with its dates now. Absent if there is none. */
  readonly left?: {
    readonly uuid: string;
    readonly dates: FunnelDates;
    /** Why these are not the dates from before the merge. */
    readonly problem?: 'unknown-dates' | 'not-cleared';
  };
}

/** What an unmerge knows: a part of the journey's knowledge. */
interface Known {
  readonly facts: Facts;
  readonly observed: Observations;
  readonly unmerging: Unmerging;
}

/** The end of an unmerge. Only `unmerged` changes anything. */
export interface UnmergeEnd {
  readonly do: 'end-unmerge';
  readonly outcome: 'unmerged' | 'nothing-merged' | 'no-record';
}

/**
 * What is known at the start of an unmerge: both records are looked up again.
 *
 * @param isMerging a merge request is under way, or has failed
 */
export function beginUnmerge(
  { facts, observed }: Omit<Known, 'unmerging'>,
  note: string,
  { isMerging }: { readonly isMerging: boolean },
): Pick<Known, 'observed' | 'unmerging'> {
  const { refusal, ...kept } = observed;
  const { mergeAskedInto, pinnedPayer, mergedWith } = observed;
  const isAsked = mergeAskedInto !== undefined || (pinnedPayer !== undefined && pinnedPayer !== mergedWith);
  const mayMerge = isMerging || (isAsked && mergedRecord(facts, observed) === undefined);
  return { observed: lookAgain(kept), unmerging: { note, ...(mayMerge && { mayMerge }) } };
}

/**
 * Decides the next step of an unmerge: the lead is split off its record, then the record that it has left and its own
 * record get their dates back. Like `nextStep`, it decides from what ChartMogul shows, so that an unmerge can be
 * interrupted and repeated at any point.
 */
export function unmergeStep(leadId: string, known: Known): NextStep | UnmergeEnd {
  const { observed, unmerging } = known;
  const { lead } = observed;
  if (lead === undefined) return { do: 'findLead' };
  if (!observed.isPreviousResultKnown && observed.leadRecord !== 'not-made') return { do: 'findPreviousResult' };

  // 1. The lead has a record of its own.
  if (lead !== 'none' && idsBeside(lead, leadId).length > 0) return splitOff(lead, observed);
  const open = unmerging.left === undefined ? openQuestion(known, lead === 'none') : undefined;
  if (open !== undefined) return open;

  // 2. The record that it has left has its dates from before the merge.
  const left = leftRecord(known);
  const isOther = lead === 'none' || lead.uuid !== left?.uuid;
  if (left !== undefined && isOther && unmerging.restored === undefined) {
    const leadIds = leadIdsIn(left).filter((other) => other !== leadId);
    if (leadIds.length > 0 && unmerging.others === undefined) return { do: 'findDatesOfLeads', leadIds };
    const dates = datesBefore(left, known);
    const { uuid } = left;
    if (dates !== undefined) return unlessRefused(observed, { do: 'restoreDates', uuid, dates, of: 'left' }, uuid);
  }

  // 3. The lead's record has the lead's own dates.
  if (lead !== 'none' && !unmerging.isLeadRestored) {
    const dates = written(reportedDates(unmergedFacts(leadId, known)));
    return unlessRefused(observed, { do: 'restoreDates', uuid: lead.uuid, dates, of: 'lead' }, lead.uuid);
  }
  return { do: 'end-unmerge', outcome: 'unmerged' };
}

function splitOff({ uuid }: CustomerRecord, observed: Observations): NextStep {
  if (observed.unmergeAskedOf === uuid) return unlessRefused(observed, { do: 'confirmUnmerge', uuid }, uuid);
  return unlessRefused(observed, { do: 'requestUnmerge', uuid }, uuid);
}

/**
 * The lead's record is not merged, or ChartMogul does not show it. What is still unknown: whether the record is shown
 * only with the payer, whether a merge that was requested still comes, and which record a person unmerged the lead from.
 */
function openQuestion({ facts, observed, unmerging }: Known, isHidden: boolean): NextStep | UnmergeEnd | undefined {
  const payer = payerId(facts, observed.pinnedPayer);
  const wasMerged = observed.pinnedPayer !== undefined || observed.mergedWith !== undefined;
  if (isHidden && observed.leadRecord === 'not-made') return { do: 'end-unmerge', outcome: 'no-record' };
  if (!wasMerged && !isHidden) return { do: 'end-unmerge', outcome: 'nothing-merged' };
  if (payer !== undefined && observed.payer?.billingCustomerId !== payer && !unmerging.isPayerMissing) {
    return { do: 'findPayingCustomer', billingCustomerId: payer };
  }
  if (isHidden) return { do: 'end-unmerge', outcome: 'no-record' };
  if (!unmerging.mayMerge || observed.payer === undefined) return undefined;
  const into = observed.payer.record.uuid;
  return unlessRefused(observed, { do: 'confirmMerge', into }, into);
}

/** The record that this unmerge, or a person before it, has split the lead off. */
function leftRecord({ observed, unmerging }: Known): CustomerRecord | undefined {
  const { payer, mergedWith } = observed;
  return unmerging.left ?? (payer?.billingCustomerId === mergedWith ? payer?.record : undefined);
}

/**
 * The dates of the record without the lead: those of the paying customer before the merge, and those of the other leads
 * in the record. Undefined if they are not known: then nothing is changed.
 */
function datesBefore(left: CustomerRecord, known: Known): DatesToWrite | undefined {
  const { others = [] } = known.unmerging;
  const payer = payersBefore(known).find(({ billingCustomerId }) => holdsPayer(left, billingCustomerId));
  const isOfLeadsOnly = left.ids.every(({ source }) => source === 'leads');
  if ((payer === undefined && !isOfLeadsOnly) || others.some(({ own }) => own === undefined)) return undefined;
  const before = others.reduce((dates, { own = {} }) => earliestDates(dates, own), payer?.dates ?? {});
  const { facts } = known;
  // A date that neither the record had before nor the lead has was set since, for example by the billing system.
  const since = funnelDates(
    leadDate(facts) === undefined ? left.leadCreatedAt : undefined,
    ownDates(facts, []).trialStartedAt === undefined ? left.freeTrialStartedAt : undefined,
  );
  return written({ ...since, ...before });
}

/** The paying customers whose dates from before the merge are known: by this journey, or by those of other leads. */
function payersBefore({ facts, observed, unmerging }: Known): PayerBefore[] {
  const billingCustomerId = payerId(facts, observed.pinnedPayer);
  const { payerDates: dates } = facts;
  const own = billingCustomerId === undefined || dates === undefined ? [] : [{ billingCustomerId, dates }];
  return [...own, ...(unmerging.others ?? []).flatMap(({ payer }) => payer ?? [])];
}

function written({ leadCreatedAt, freeTrialStartedAt }: FunnelDates): DatesToWrite {
  return { leadCreatedAt: leadCreatedAt ?? null, freeTrialStartedAt: freeTrialStartedAt ?? null };
}

/** The billing customers that the lead is separated from: those in the record, or the one of a merge that was requested. */
function unmergedCustomers(leadId: string, known: Known): string[] {
  const left = leftRecord(known);
  const { pinnedPayer } = known.observed;
  if (left === undefined) return pinnedPayer === undefined ? [] : [pinnedPayer];
  const ids = idsBeside(left, leadId).filter(isBillingId);
  return [...new Set(ids.map(({ externalId }) => externalId))];
}

/**
 * The facts as if the lead had never been linked to these customers: they are withdrawn, and trials that were reported
 * with them do not count. A `relink` takes over their payments.
 */
function unmergedFacts(leadId: string, known: Known): Facts {
  const customers = unmergedCustomers(leadId, known);
  const { payerDates, otherLeads, leadCreatedAt, trialStartedAt, samePerson = [], ...kept } = known.facts;
  const same = samePerson.filter((id) => !customers.includes(id));
  const { note } = known.unmerging;
  return customers.reduce<Facts>(
    (facts, billingCustomerId) => withdrawFacts(facts, { billingCustomerId, note, byUnmerge: true }),
    { ...kept, ...ownDates(known.facts, customers), ...(same.length > 0 && { samePerson: same }) },
  );
}

/** What is known after an unmerge. Both records are looked up again: this confirms their dates, and the payer's. */
export function afterUnmerge(
  leadId: string,
  known: Known,
  outcome: UnmergeEnd['outcome'],
): Pick<Known, 'facts' | 'observed'> {
  const { facts, observed } = known;
  if (outcome !== 'unmerged') return { facts, observed: lookAgain(observed) };
  return { facts: unmergedFacts(leadId, known), observed: forgetMerge(observed) };
}

/** What a report says about a lead. After an unmerge, a trial of the customer that the lead was separated from is ignored. */
export function withoutUnmergedTrial(known: Facts, reported: Facts): Facts {
  const [trial] = reported.billingTrials ?? [];
  if (trial === undefined || !isUnmergedFrom(known, trial.billingCustomerId)) return reported;
  const { trialStartedAt, ...kept } = reported;
  return kept;
}

/** The result for people, once {@link unmergeStep} has ended with `unmerged`. */
export function unmergedResult(leadId: string, known: Known, at: Instant): Unmerged {
  const { unmerging } = known;
  const before = leftRecord(known);
  const now = unmerging.restored ?? before;
  const billingCustomerIds = unmergedCustomers(leadId, known);
  const result = { note: unmerging.note, at, billingCustomerIds };
  if (before === undefined || now === undefined || now === 'gone') return result;
  const wanted = datesBefore(before, known);
  const isCleared = wanted !== undefined && datesAgree(now, readable(wanted));
  const problem = wanted === undefined ? 'unknown-dates' : isCleared ? undefined : 'not-cleared';
  const dates = funnelDates(now.leadCreatedAt, now.freeTrialStartedAt);
  return { ...result, left: { uuid: now.uuid, dates, ...(problem && { problem }) } };
}

function readable({ leadCreatedAt, freeTrialStartedAt }: DatesToWrite): FunnelDates {
  return funnelDates(leadCreatedAt ?? undefined, freeTrialStartedAt ?? undefined);
}

/** Why an unmerge has ended without a change. Follows "it". */
export const unmergeRefusals = {
  unmerged: undefined,
  'nothing-merged':
    'is not merged: ChartMogul shows the lead alone, and no merge was requested. Nothing was changed; `withdraw` removes a billing customer',
  'no-record': 'has no record that ChartMogul shows. Nothing was changed',
} as const;

/** A merge that does not appear in half an hour does not come any more, nor one into a record that does not exist. */
export function afterFailures(unmerging: Unmerging, failures: readonly StepFailure[]): Unmerging {
  const codes = failures.map(({ code }) => code);
  const isPayerMissing = codes.includes('payer-not-found') || codes.includes('payer-ambiguous');
  if (!isPayerMissing && !codes.includes('merge-unconfirmed')) return unmerging;
  const { mayMerge, ...kept } = unmerging;
  return { ...kept, ...(isPayerMissing && { isPayerMissing }) };
}
