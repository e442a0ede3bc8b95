import { type AttentionCode, type Goal, goalOf, type StepName } from './attention.js';
import { type DatesToWrite, datesAgree, datesFor, datesText, type FunnelDates, foreignDates } from './dates.js';
import { customersOf, type Facts, isConfirmed, leadDate, otherCustomers, payerId, paymentDate } from './facts.js';
import {
  type CustomerRecord,
  holdsAnyPayer,
  holdsLead,
  holdsPayer,
  idsBeside,
  isMergedWithPayer,
  otherLeadsIn,
  redactId,
} from './records.js';

/** What a journey has observed of its two records in ChartMogul. Everything here can be dropped and looked up again. */
export interface Observations {
  /** The record with the lead's id, `none` if ChartMogul showed none, undefined if a lookup is needed. */
  readonly lead?: CustomerRecord | 'none';
  /**
   * Whether the lead's record was ever created. `created`: this journey created or observed it. `exists`: ChartMogul
   * reports that it exists, but it was never observed.
   */
  readonly leadRecord: 'not-made' | 'created' | 'exists';
  /** An operator wants the record created again if the next lookup shows that it is gone. */
  readonly recreates?: true;
  /** The result of an earlier journey of this lead was looked up, or no lookup is needed. */
  readonly isPreviousResultKnown?: boolean;
  /** The run of the lead's last journey, as Temporal reported it at the start of this one. */
  readonly previousRunId?: string;
  /** The record of the billing customer. */
  readonly payer?: { readonly billingCustomerId: string; readonly record: CustomerRecord };
  /** The billing customer of the first merge request. It never changes, unless an operator unmerges the two. */
  readonly pinnedPayer?: string;
  /** The lead was merged with its billing customer at some time, also in an earlier journey. */
  readonly wasMerged?: true;
  /** The billing customer that ChartMogul last showed in the lead's record, until an operator unmerges the two. */
  readonly mergedWith?: string;
  /** The target record of the running merge. */
  readonly mergeAskedInto?: string;
  /** The record of another customer of this lead that is being merged into the merged record. */
  readonly mergeAskedFrom?: string;
  /** The record from which the lead is being split off. */
  readonly unmergeAskedOf?: string;
  /** A step that ChartMogul rejected because of the record. It is not repeated before the next try. */
  readonly refusal?: { readonly step: StepName; readonly uuid: string; readonly status: number };
}

export const nothingObserved: Observations = { leadRecord: 'not-made' };

/** What to do next: send one request, wait, raise attention, or finish. */
export type NextStep =
  | { readonly do: 'createLead' }
  | { readonly do: 'findLead' }
  | { readonly do: 'findPreviousResult' }
  | { readonly do: 'writeDates'; readonly uuid: string; readonly dates: FunnelDates }
  | { readonly do: 'findPayingCustomer'; readonly billingCustomerId: string }
  | { readonly do: 'requestMerge'; readonly from: string; readonly into: string; readonly other?: true }
  /** With `other`, the record must hold this other customer of the lead. */
  | { readonly do: 'confirmMerge'; readonly into: string; readonly other?: string }
  | { readonly do: 'requestUnmerge'; readonly uuid: string }
  | { readonly do: 'confirmUnmerge'; readonly uuid: string }
  /** After an unmerge: the dates of the record that the lead has left, or of the lead's own. */
  | { readonly do: 'restoreDates'; readonly uuid: string; readonly dates: DatesToWrite; readonly of: 'left' | 'lead' }
  | { readonly do: 'findDatesOfLeads'; readonly leadIds: readonly string[] }
  | { readonly do: 'wait'; readonly for: 'trial-or-payment' | 'payment' }
  | {
      readonly do: 'raise-attention';
      readonly goal: Goal;
      readonly step: StepName;
      readonly code: AttentionCode;
      readonly status?: number;
      readonly detail?: string;
    }
  | { readonly do: 'finish' };

/**
 * Decides the next step of a journey from the reported facts and the observed records: the tutorial's five steps and
 * their edge cases. All decisions are made here, so a journey can be interrupted, repeated and restarted at any point.
 */
export function nextStep(leadId: string, facts: Facts, observed: Observations): NextStep {
  const payer = payerId(facts, observed.pinnedPayer);
  const { lead } = observed;

  // 0. What the last journey of this lead knew: the payer, and corrections that must be kept.
  if (observed.previousRunId !== undefined && !observed.isPreviousResultKnown) return { do: 'findPreviousResult' };

  // 1. The lead has a record.
  if (lead === undefined) {
    return observed.leadRecord === 'not-made' && leadDate(facts) !== undefined
      ? { do: 'createLead' }
      : { do: 'findLead' };
  }
  // The record may be older than this journey, although its sender did not report an earlier one.
  if (observed.leadRecord !== 'not-made' && !observed.isPreviousResultKnown) return { do: 'findPreviousResult' };
  if (lead === 'none') return withoutLead(facts, observed, payer);

  // 2. and 3. The record has the correct dates, if this journey may write them.
  const dates = datesFor(lead, facts, leadId);
  const isMerged = payer !== undefined && holdsPayer(lead, payer);
  if (!isMerged && idsBeside(lead, leadId).length > 0) {
    // Restarted after its end, without the payment: a merged record with the correct dates is proven.
    const isProven = payer === undefined && isMergedWithPayer(lead, leadId) && datesAgree(lead, dates);
    return isProven ? unlessForeign(lead, facts, leadId, { do: 'finish' }) : mergedElsewhere(lead, leadId);
  }
  if (!datesAgree(lead, dates)) return unlessRefused(observed, { do: 'writeDates', uuid: lead.uuid, dates }, lead.uuid);

  // 4. The billing customer has a record.
  if (payer === undefined) return unlessForeign(lead, facts, leadId, { do: 'wait', for: 'trial-or-payment' });
  if (isMerged) {
    const other = otherCustomer(lead, facts, observed, leadId);
    if (other !== undefined) return other;
    const isPaid = paymentDate(facts, observed.pinnedPayer) !== undefined;
    return unlessForeign(lead, facts, leadId, isPaid ? { do: 'finish' } : { do: 'wait', for: 'payment' });
  }
  if (holdsAnyPayer(lead)) return mergedElsewhere(lead, leadId); // never merge two payers
  if (observed.payer?.billingCustomerId !== payer) return { do: 'findPayingCustomer', billingCustomerId: payer };

  // 5. The two are merged.
  const into = observed.payer.record.uuid;
  if (observed.mergeAskedInto === into) return unlessRefused(observed, { do: 'confirmMerge', into }, into);
  return unlessRefused(observed, { do: 'requestMerge', from: lead.uuid, into }, into);
}

/** Whether the goal of an earlier failure is reached, so that the failure is resolved. */
export function isReached(goal: Goal, leadId: string, facts: Facts, observed: Observations): boolean {
  const { lead } = observed;
  if (lead === undefined || lead === 'none') return false;
  const payer = payerId(facts, observed.pinnedPayer);
  const isMerged = payer !== undefined && holdsPayer(lead, payer);
  switch (goal) {
    case 'lead':
      return isMerged || idsBeside(lead, leadId).length === 0;
    case 'dates':
      return datesAgree(lead, datesFor(lead, facts, leadId));
    case 'payer':
      return isMerged || observed.payer?.billingCustomerId === payer;
    case 'merge':
      return isMerged;
    case 'unmerge':
      return false; // it ends with the unmerge
  }
}

/** The record that holds both ids, if there is one. */
export function mergedRecord(facts: Facts, observed: Observations): CustomerRecord | undefined {
  const payer = payerId(facts, observed.pinnedPayer);
  const { lead } = observed;
  return lead !== undefined && lead !== 'none' && payer !== undefined && holdsPayer(lead, payer) ? lead : undefined;
}

/** Stores a record that ChartMogul showed for the lead. */
export function observeLead(leadId: string, observed: Observations, record: CustomerRecord): Observations {
  const { recreates, ...kept } = observed;
  if (!holdsLead(record, leadId)) return { ...lookAgain(kept), leadRecord: 'created' };
  return { ...kept, lead: record, leadRecord: 'created' };
}

/** An operator wants everything looked up again and, with `recreate`, the lead's record created again if it is gone. */
export function retried(
  { refusal, ...observed }: Observations,
  { recreate }: { readonly recreate: boolean },
): Observations {
  if (!recreate) return lookAgain(observed);
  return lookAgain(
    observed.lead === 'none' ? { ...observed, leadRecord: 'not-made' } : { ...observed, recreates: true },
  );
}

/** Drops both records, so that they are looked up again before anything is written. */
export function lookAgain(observed: Observations): Observations {
  const { lead, payer, mergeAskedInto, mergeAskedFrom, unmergeAskedOf, ...kept } = observed;
  return kept;
}

/**
 * Whether the payer's record, as it was observed, is the lead's own by now: a person has unmerged the payer from it, so the
 * payer has another record.
 */
export function hasPayerLeft({ lead, payer }: Observations): boolean {
  if (lead === undefined || lead === 'none' || payer === undefined) return false;
  return payer.record.uuid === lead.uuid && !holdsPayer(lead, payer.billingCustomerId);
}

/** Drops the payer's record, so that it is looked up again. */
export function forgetPayer({ payer, mergeAskedInto, mergeAskedFrom, ...kept }: Observations): Observations {
  return kept;
}

/** Also forgets with whom the lead was merged, so that another payer may be pinned. */
export function forgetMerge({ pinnedPayer, mergedWith, ...observed }: Observations): Observations {
  return lookAgain(observed);
}

function withoutLead(facts: Facts, observed: Observations, payer: string | undefined): NextStep {
  if (observed.leadRecord === 'not-made') {
    return leadDate(facts) === undefined
      ? { do: 'raise-attention', goal: 'lead', step: 'findLead', code: 'payment-without-lead' }
      : { do: 'createLead' };
  }
  // The lead may be merged into the payer's record, which ChartMogul may not show under the lead's own id.
  if (payer !== undefined && observed.payer?.billingCustomerId !== payer) {
    return { do: 'findPayingCustomer', billingCustomerId: payer };
  }
  const code = observed.leadRecord === 'exists' ? 'record-hidden' : 'lead-missing';
  return { do: 'raise-attention', goal: 'lead', step: 'findLead', code };
}

function mergedElsewhere(lead: CustomerRecord, leadId: string): NextStep {
  const beside = idsBeside(lead, leadId);
  const others = (beside.length > 0 ? beside : lead.ids).map(
    ({ source, externalId }) => `${source} ${redactId(externalId)}`,
  );
  return {
    do: 'raise-attention',
    goal: 'lead',
    step: 'findLead',
    code: 'merged-elsewhere',
    detail: others.slice(0, 10).join(', '),
  };
}

/**
 * What to do about another billing customer of the lead, whose record ChartMogul counts separately: merge it too, if an
 * operator or a setting says that it is the same person; otherwise ask.
 */
function otherCustomer(
  merged: CustomerRecord,
  facts: Facts,
  observed: Observations,
  leadId: string,
): NextStep | undefined {
  if (facts.without?.['several-customers']) return undefined;
  const others = otherCustomers(facts, observed.pinnedPayer).filter((id) => !holdsPayer(merged, id));
  if (others.length === 0) return undefined;
  const customer = others.find((id) => merged.mergesCustomers || isConfirmed(facts, id));
  const severalCustomers = (detail: string): NextStep => {
    return { do: 'raise-attention', goal: 'merge', step: 'requestMerge', code: 'several-customers', detail };
  };
  if (customer === undefined) {
    const ids = customersOf(facts).slice(0, 10).map(redactId);
    return severalCustomers(`not yet merged: ${others.slice(0, 10).map(redactId).join(', ')}; of ${ids.join(', ')}`);
  }
  if (observed.payer?.billingCustomerId !== customer) return { do: 'findPayingCustomer', billingCustomerId: customer };
  const { record } = observed.payer;
  const leads = otherLeadsIn(record, leadId);
  if (leads.length > 0) {
    return severalCustomers(`${redactId(customer)} is merged with ${leads.slice(0, 10).map(redactId).join(', ')}`);
  }
  const into = merged.uuid;
  if (observed.mergeAskedFrom === record.uuid) {
    return unlessRefused(observed, { do: 'confirmMerge', into, other: customer }, into);
  }
  return unlessRefused(observed, { do: 'requestMerge', from: record.uuid, into, other: true }, into);
}

/** A record with a date that nothing known explains is not proven: an operator or a setting decides. */
function unlessForeign(record: CustomerRecord, facts: Facts, leadId: string, step: NextStep): NextStep {
  const dates = datesText(foreignDates(record, facts, leadId));
  if (dates === '') return step;
  const detail = `ChartMogul shows the ${dates}`;
  return { do: 'raise-attention', goal: 'dates', step: 'writeDates', code: 'foreign-date', detail };
}

/** If ChartMogul rejected the step for this record, even after a new lookup, waits for the next try. */
export function unlessRefused<Step extends NextStep & { do: StepName }>(
  observed: Observations,
  step: Step,
  uuid: string,
): NextStep {
  const { refusal } = observed;
  if (refusal?.step !== step.do || refusal.uuid !== uuid) return step;
  return { do: 'raise-attention', goal: goalOf[step.do], step: step.do, code: 'refused', status: refusal.status };
}
