import { type AttentionCode, type Goal, goalOf, type StepName } from './attention.js';
import { datesAgree, datesFor, type FunnelDates } from './dates.js';
import { type Facts, leadDate, payerId, paymentDate } from './facts.js';
import {
  type CustomerRecord,
  holdsAnyPayer,
  holdsLead,
  holdsPayer,
  idsBeside,
  isMergedWithPayer,
  redactId,
} from './records.js';

/** What a journey has seen of its two records in ChartMogul. Everything here can be forgotten and looked up again. */
export interface Observations {
  /** The record that holds the lead's id, `none` if ChartMogul showed none, absent if it is to be looked up. */
  readonly lead?: CustomerRecord | 'none';
  /** Whether the lead's record was ever made: by us (`created`), or by somebody and never seen (`exists`). */
  readonly leadRecord: 'not-made' | 'created' | 'exists';
  /** Earlier journeys of this lead have been asked what they knew, or there were none. */
  readonly isPreviousResultKnown?: boolean;
  /** The record of the billing customer. */
  readonly payer?: { readonly billingCustomerId: string; readonly record: CustomerRecord };
  /** The billing customer a merge was first asked for: it never changes again. */
  readonly pinnedPayer?: string;
  /** The record into which the running merge was asked for. */
  readonly mergeAskedInto?: string;
  /** A step that ChartMogul refused for what it is about: not asked again before the next try. */
  readonly refusal?: { readonly step: StepName; readonly uuid: string; readonly status: number };
}

export const nothingObserved: Observations = { leadRecord: 'not-made' };

/** What to do next: one request, or wait, or draw attention, or end. */
export type NextStep =
  | { readonly do: 'createLead' }
  | { readonly do: 'findLead' }
  | { readonly do: 'findPreviousResult' }
  | { readonly do: 'writeDates'; readonly uuid: string; readonly dates: FunnelDates }
  | { readonly do: 'findPayingCustomer'; readonly billingCustomerId: string }
  | { readonly do: 'requestMerge'; readonly from: string; readonly into: string }
  | { readonly do: 'confirmMerge'; readonly into: string }
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
 * Decides the next step of a journey from what was reported and what was seen: the tutorial's five steps, and the traps
 * around them. Nothing else decides anything, so a journey can be interrupted, repeated and started anew at any point.
 */
export function nextStep(leadId: string, facts: Facts, observed: Observations): NextStep {
  const payer = payerId(facts, observed.pinnedPayer);
  const { lead } = observed;

  // 1. The lead has a record.
  if (lead === undefined) {
    return observed.leadRecord === 'not-made' && leadDate(facts) !== undefined
      ? { do: 'createLead' }
      : { do: 'findLead' };
  }
  // It was there before us: an earlier journey may know the payer, and corrections that must not be undone.
  if (observed.leadRecord !== 'not-made' && !observed.isPreviousResultKnown) return { do: 'findPreviousResult' };
  if (lead === 'none') return withoutLead(facts, observed, payer);

  // 2. and 3. It carries the true dates, if it is ours to write.
  const dates = datesFor(lead, facts, leadId);
  const isMerged = payer !== undefined && holdsPayer(lead, payer);
  if (!isMerged && idsBeside(lead, leadId).length > 0) {
    // Started again after its end, without the payment: a record that needs nothing from us is proven.
    const isProven = payer === undefined && isMergedWithPayer(lead, leadId) && datesAgree(lead, dates);
    return isProven ? { do: 'finish' } : mergedElsewhere(lead, leadId);
  }
  if (!datesAgree(lead, dates)) return unlessRefused(observed, { do: 'writeDates', uuid: lead.uuid, dates }, lead.uuid);

  // 4. The billing customer has a record.
  if (payer === undefined) return { do: 'wait', for: 'trial-or-payment' };
  if (isMerged) {
    return paymentDate(facts, observed.pinnedPayer) === undefined ? { do: 'wait', for: 'payment' } : { do: 'finish' };
  }
  if (holdsAnyPayer(lead)) return mergedElsewhere(lead, leadId); // two payers never become one through us
  if (observed.payer?.billingCustomerId !== payer) return { do: 'findPayingCustomer', billingCustomerId: payer };

  // 5. The two are merged.
  const into = observed.payer.record.uuid;
  if (observed.mergeAskedInto === into) return unlessRefused(observed, { do: 'confirmMerge', into }, into);
  return unlessRefused(observed, { do: 'requestMerge', from: lead.uuid, into }, into);
}

/** Whether the goal of an earlier trouble is reached, so that the trouble is over. */
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
  }
}

/** The record that holds both ids, if there is one. */
export function mergedRecord(facts: Facts, observed: Observations): CustomerRecord | undefined {
  const payer = payerId(facts, observed.pinnedPayer);
  const { lead } = observed;
  return lead !== undefined && lead !== 'none' && payer !== undefined && holdsPayer(lead, payer) ? lead : undefined;
}

/** Takes in a record that ChartMogul showed for the lead. */
export function observeLead(leadId: string, observed: Observations, record: CustomerRecord): Observations {
  if (!holdsLead(record, leadId)) return { ...lookAgain(observed), leadRecord: 'created' };
  return { ...observed, lead: record, leadRecord: 'created' };
}

/** Forgets where the records are, so that both are looked up again before anything is written. */
export function lookAgain({ lead, payer, mergeAskedInto, ...kept }: Observations): Observations {
  return kept;
}

function withoutLead(facts: Facts, observed: Observations, payer: string | undefined): NextStep {
  if (observed.leadRecord === 'not-made') {
    return leadDate(facts) === undefined
      ? { do: 'raise-attention', goal: 'lead', step: 'findLead', code: 'payment-without-lead' }
      : { do: 'createLead' };
  }
  // It may live in the payer's record, which ChartMogul need not show under the lead's own id.
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

/** A step that ChartMogul refused for this very record, even after a fresh look, waits for the next try. */
function unlessRefused<Step extends NextStep & { do: StepName }>(
  observed: Observations,
  step: Step,
  uuid: string,
): NextStep {
  const { refusal } = observed;
  if (refusal?.step !== step.do || refusal.uuid !== uuid) return step;
  return { do: 'raise-attention', goal: goalOf[step.do], step: step.do, code: 'refused', status: refusal.status };
}
