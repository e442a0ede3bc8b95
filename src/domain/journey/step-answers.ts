import type { StepName } from './attention.js';
import {
  adoptDates,
  datesAgree,
  datesFor,
  earliestDates,
  type FunnelDates,
  funnelDates,
  hasForeignDate,
  hasUnknownDates,
  reportedDates,
} from './dates.js';
import {
  addPreviousResult,
  type Facts,
  leadDate,
  noteOtherLeads,
  type PreviousResult,
  payerId,
  trialDate,
} from './facts.js';
import type { Instant } from './instant.js';
import { lookAgain, type NextStep, type Observations, observeLead } from './next-step.js';
import { type CustomerRecord, holdsLead, holdsOtherLeads, holdsPayer, idsBeside, otherLeadsIn } from './records.js';
import type { DatesOfLead, Unmerging } from './unmerging.js';

/** The input of every decision: what was reported, and what ChartMogul showed. Plain data. */
export interface Knowledge {
  readonly facts: Facts;
  readonly observed: Observations;
  /** An operator's unmerge, until it has ended. */
  readonly unmerging?: Unmerging;
  /** When the lead's record was last observed. */
  readonly leadObservedAt?: Instant;
  /** Dates were written to a record shared with other leads, and the record was not looked up since. */
  readonly hasWrittenShared?: boolean;
}

/** The possible answers of each step. Every other outcome is a failure of the step and changes nothing here. */
export interface StepAnswers {
  createLead: CustomerRecord | 'exists';
  findLead: CustomerRecord | 'none';
  findPreviousResult: PreviousResult | 'none';
  writeDates: CustomerRecord | 'gone';
  findPayingCustomer: CustomerRecord;
  requestMerge: 'accepted' | { readonly status: number };
  confirmMerge: CustomerRecord | 'gone';
  requestUnmerge: 'accepted' | { readonly status: number };
  confirmUnmerge: CustomerRecord;
  restoreDates: CustomerRecord | 'gone';
  findDatesOfLeads: readonly DatesOfLead[];
}

type Steps = { [Name in StepName]: Extract<NextStep, { do: Name }> };
export type StepOf<Name extends StepName> = Steps[Name];

/** A merge and an overwritten date cannot be undone, so they require a recent observation of the lead's record. */
export function needsFreshLook(step: NextStep): boolean {
  return step.do === 'writeDates' || step.do === 'requestMerge' || step.do === 'requestUnmerge';
}

/** What is known when a step's request is sent, independent of the answer. */
export function beforeRequest(known: Knowledge, step: NextStep): Knowledge {
  if (step.do === 'requestUnmerge') return leaving(known);
  const payer = payerId(known.facts, known.observed.pinnedPayer);
  // The merge may happen even if the answer is lost, so the payer is pinned before the request.
  return step.do === 'requestMerge' && payer !== undefined ? observe(known, { pinnedPayer: payer }) : known;
}

/** The unmerge may happen even if the answer is lost. After it, the lead's record has the dates of the one it left. */
function leaving(known: Knowledge): Knowledge {
  const { lead } = known.observed;
  if (known.unmerging === undefined || lead === undefined || lead === 'none') return known;
  return { ...observe(known, { wasMerged: true }), unmerging: { note: known.unmerging.note, left: lead } };
}

/**
 * What is known after the answer to a step. Reports may have arrived since the request was sent, so `known` is the
 * current knowledge, while `step` is the step that was requested.
 *
 * @param now when the answer arrived
 */
export function afterAnswer<Name extends StepName>(
  known: Knowledge,
  leadId: string,
  step: StepOf<Name>,
  answer: StepAnswers[Name],
  now: Instant,
): Knowledge {
  const effect: Effect<Name> = effects[step.do as Name]; // `do` is the step's name
  return effect(known, { leadId, step, answer, now });
}

type Effect<Name extends StepName> = (
  known: Knowledge,
  context: {
    readonly leadId: string;
    readonly step: StepOf<Name>;
    readonly answer: StepAnswers[Name];
    readonly now: Instant;
  },
) => Knowledge;

const effects: { readonly [Name in StepName]: Effect<Name> } = {
  createLead(known, { leadId, answer, now }) {
    if (answer === 'exists') return observe(forgetRecords(known), { leadRecord: 'exists' });
    // A new record has no previous journey.
    const created = observe(known, { leadRecord: 'created', isPreviousResultKnown: true });
    return observeRecord(created, leadId, answer, now);
  },
  findPreviousResult(known, { answer }) {
    if (answer === 'none') return observe(known, { isPreviousResultKnown: true });
    const facts = addPreviousResult(known.facts, answer);
    // The lead was proven, so its record exists: if it is gone now, it was deleted, and is not created again.
    const leadRecord = known.observed.previousRunId === undefined ? known.observed.leadRecord : 'created';
    const { billingCustomerId: mergedWith } = answer;
    const merged = { wasMerged: true, ...(mergedWith !== undefined && { mergedWith }) } as const;
    return observe({ ...known, facts }, { isPreviousResultKnown: true, leadRecord, ...merged });
  },
  findLead(known, { leadId, answer, now }) {
    if (answer !== 'none') return observeRecord(known, leadId, answer, now);
    const { recreates, ...observed } = known.observed;
    if (recreates) return forgetRecords({ ...known, observed: { ...observed, leadRecord: 'not-made' } });
    // The lead may have been merged into the payer after the payer was observed, so look up the payer again too.
    return observe(forgetRecords(known), { lead: 'none' });
  },
  writeDates(known, { leadId, step, answer, now }) {
    if (answer === 'gone') return refused(known, step.do, step.uuid, 404);
    const isShared = holdsOtherLeads(answer, leadId);
    const written = { ...observeRecord(known, leadId, answer, now), ...(isShared && { hasWrittenShared: true }) };
    // On a shared record, earlier dates belong to another lead.
    const wanted = isShared ? earliestDates(answer, step.dates) : step.dates;
    // ChartMogul answered 200 but kept other dates: an immediate retry would not help.
    return datesAgree(answer, wanted) ? written : refused(written, step.do, answer.uuid, 200);
  },
  findPayingCustomer(known, { leadId, step, answer, now }) {
    const found = observe(known, { payer: { billingCustomerId: step.billingCustomerId, record: answer } });
    // The two may already be merged.
    if (holdsLead(answer, leadId)) return observeRecord(found, leadId, answer, now);
    const { billingCustomerId } = step;
    if (!showsPayerDates(known, leadId, billingCustomerId, answer)) return found;
    return { ...found, facts: { ...found.facts, payerDates: payerDatesBefore(known, billingCustomerId, answer) } };
  },
  requestMerge(known, { step, answer }) {
    if (answer !== 'accepted') return refused(known, step.do, step.into, answer.status);
    if (step.other) return observe(known, { mergeAskedFrom: step.from });
    return observe(known, { mergeAskedInto: step.into });
  },
  confirmMerge(known, { leadId, step, answer, now }) {
    if (answer === 'gone') return refused(known, step.do, step.into, 404);
    return observeRecord(known, leadId, answer, now);
  },
  requestUnmerge(known, { step, answer }) {
    if (answer !== 'accepted') return refused(known, step.do, step.uuid, answer.status);
    return observe(known, { unmergeAskedOf: step.uuid });
  },
  confirmUnmerge(known, { leadId, answer, now }) {
    return observeRecord(known, leadId, answer, now);
  },
  restoreDates(known, { leadId, step, answer, now }) {
    if (step.of === 'lead') {
      if (answer === 'gone') return refused(known, step.do, step.uuid, 404);
      return unmerging(observeRecord(known, leadId, answer, now), { isLeadRestored: true });
    }
    // Not split off yet, or merged again meanwhile. A lookup by the lead's id may not show this record.
    if (answer !== 'gone' && holdsLead(answer, leadId)) return observeRecord(forgetRecords(known), leadId, answer, now);
    // The answer may be wrong, so it counts only if the next try confirms it.
    if (answer === 'gone' && !known.unmerging?.isLeftMissed) {
      return unmerging(refused(known, step.do, step.uuid, 404), { isLeftMissed: true });
    }
    return unmerging(known, { restored: answer });
  },
  findDatesOfLeads(known, { answer }) {
    return unmerging(known, { others: answer });
  },
};

/** Whether a record that was looked up for a customer has the paying customer's dates from before the merge. */
function showsPayerDates(
  { facts, observed, unmerging }: Knowledge,
  leadId: string,
  billingCustomerId: string,
  record: CustomerRecord,
): boolean {
  // If another lead is in the record, its dates may be that lead's. The record of a second customer survives no merge.
  const isFirst = billingCustomerId === payerId(facts, observed.pinnedPayer);
  // After an unmerge, the record may still have the lead's dates.
  return isFirst && !holdsOtherLeads(record, leadId) && !unmerging;
}

/**
 * The paying customer's dates from before the merge. If a person has unmerged the two, ChartMogul may have left the lead's
 * dates on the customer's record: then its dates from before the first merge stay known. Other dates were set since.
 */
function payerDatesBefore({ facts, observed }: Knowledge, billingCustomerId: string, shown: FunnelDates): FunnelDates {
  const first = observed.mergedWith === billingCustomerId ? facts.payerDates : undefined;
  if (first === undefined) return funnelDates(shown.leadCreatedAt, shown.freeTrialStartedAt);
  const before = (date: Instant | undefined, own: Instant | undefined, atFirst: Instant | undefined) =>
    date !== undefined && date === own ? atFirst : date;
  return funnelDates(
    before(shown.leadCreatedAt, leadDate(facts), first.leadCreatedAt),
    before(shown.freeTrialStartedAt, trialDate(facts), first.freeTrialStartedAt),
  );
}

/** Whether dates from before the first merge stay known, although the customer's record shows others. */
export function keepsPayerDates(
  known: Knowledge,
  leadId: string,
  billingCustomerId: string,
  record: CustomerRecord,
): boolean {
  if (holdsLead(record, leadId) || !showsPayerDates(known, leadId, billingCustomerId, record)) return false;
  return !datesAgree(record, payerDatesBefore(known, billingCustomerId, record));
}

/** Stores the record that holds the lead, as ChartMogul shows it now. */
function observeRecord(known: Knowledge, leadId: string, shown: CustomerRecord, now: Instant): Knowledge {
  const isLeft = known.unmerging?.left !== undefined || isLeftByMerge(known, leadId, shown);
  const record: CustomerRecord = isLeft ? { ...shown, isUnmerged: true } : shown;
  const payer = payerId(known.facts, known.observed.pinnedPayer);
  const isMerged = payer !== undefined && holdsLead(record, leadId) && holdsPayer(record, payer);
  const merged = isMerged ? ({ wasMerged: true, mergedWith: payer } as const) : {};
  return {
    ...known,
    facts: noteOthers(adopt(known, record, leadId), record, leadId),
    observed: { ...observeLead(leadId, known.observed, record), ...merged },
    leadObservedAt: now,
  };
}

/** Adopts the dates of the lead's own record, and remembers those that were there before this journey. */
function adopt({ facts, observed }: Knowledge, record: CustomerRecord, leadId: string): Facts {
  const adopted = adoptDates(facts, record, leadId);
  const isFirstLook = observed.leadRecord !== 'created' && idsBeside(record, leadId).length === 0;
  // An earlier attempt of this journey may have created the record, and its answer was lost.
  const isOwn = observed.leadRecord === 'exists' && datesAgree(record, reportedDates(facts));
  if (!isFirstLook || isOwn || observed.wasMerged) return adopted;
  return { ...adopted, importedDates: funnelDates(record.leadCreatedAt, record.freeTrialStartedAt) };
}

/** Whether the record was unmerged and has earlier dates than the lead's own, which the merged record left on it. */
export function isLeftByMerge({ facts, observed }: Knowledge, leadId: string, record: CustomerRecord): boolean {
  return observed.wasMerged === true && holdsLead(record, leadId) && hasUnknownDates(facts, record, leadId);
}

/** Remembers the other leads in a record, until all have left and the dates are this lead's own again. */
function noteOthers(facts: Facts, record: CustomerRecord, leadId: string): Facts {
  if (holdsOtherLeads(record, leadId)) return noteOtherLeads(facts, otherLeadsIn(record, leadId));
  const { otherLeads, ...kept } = facts;
  const isRestored = datesAgree(record, datesFor(record, facts, leadId)) && !hasForeignDate(record, facts, leadId);
  return otherLeads !== undefined && isRestored ? kept : facts;
}

/** ChartMogul rejected a step because of the records' state. Both records are looked up again before the next try. */
function refused(known: Knowledge, step: StepName, uuid: string, status: number): Knowledge {
  return observe(forgetRecords(known), { refusal: { step, uuid, status } });
}

function unmerging(known: Knowledge, change: Partial<Unmerging>): Knowledge {
  return known.unmerging ? { ...known, unmerging: { ...known.unmerging, ...change } } : known;
}

function forgetRecords(known: Knowledge): Knowledge {
  return { ...known, observed: lookAgain(known.observed) };
}

function observe(known: Knowledge, change: Partial<Observations>): Knowledge {
  return { ...known, observed: { ...known.observed, ...change } };
}
