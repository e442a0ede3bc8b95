import { datesAgree, type FunnelDates, foreignDates, funnelDates, hasUnknownDates } from '../journey/dates.js';
import { payerId } from '../journey/facts.js';
import type { Instant } from '../journey/instant.js';
import { type NextStep, nextStep } from '../journey/next-step.js';
import { type CustomerRecord, holdsLead, holdsPayer, otherLeadsIn, redactId } from '../journey/records.js';
import type { Knowledge, StepOf } from '../journey/step-answers.js';
import type { AuditClass } from './classes.js';
import { type Expectation, knowledgeWith } from './expectation.js';

/** What an audit has found for one lead. */
export interface Verdict {
  readonly class: AuditClass;
  readonly detail?: string;
  readonly uuid?: string;
  readonly expected?: FunnelDates;
  readonly actual?: FunnelDates;
  /** Of `foreign-date`: which one to correct first. */
  readonly foreign?: 'lead' | 'trial';
}

/** A lookup that the verdict needs, or the verdict. */
export type Judgement = { readonly look: Look } | { readonly verdict: Verdict };
type Look = StepOf<'findLead'> | StepOf<'findPayingCustomer'>;

/**
 * Judges by what a journey with this knowledge would do next: it would do nothing if all is well. Lookups are for the
 * caller; it learns the answers with `afterAnswer` and asks again.
 */
export function judge(leadId: string, { facts, observed }: Knowledge): Judgement {
  const { lead } = observed;
  const record = lead === 'none' ? undefined : lead;
  const next = nextStep(leadId, facts, observed);
  if (next.do === 'findLead' || next.do === 'findPayingCustomer') return { look: next };
  const found = (found: AuditClass, more: Omit<Verdict, 'class'> = {}): Judgement => ({
    verdict: { class: found, ...(record && { uuid: record.uuid }), ...more },
  });
  switch (next.do) {
    case 'finish':
    case 'wait':
      return found('ok');
    case 'writeDates':
      return record ? ofWrite(leadId, record, next.dates, { facts, observed }) : found('missing');
    case 'requestMerge':
    case 'confirmMerge':
      return found(notMerged({ facts, observed }), { detail: `the customer has the record ${next.into}` });
    case 'raise-attention':
      return found(...ofAttention(next, record && { record, foreign: foreignDates(record, facts, leadId) }));
    default:
      return found('missing');
  }
}

/** What is left once the dates are written is the difference: a merge, or another date that a person must judge. */
function ofWrite(leadId: string, record: CustomerRecord, expected: FunnelDates, known: Knowledge): Judgement {
  const written: CustomerRecord = { ...record, ...expected };
  const left = judge(leadId, { ...known, observed: { ...known.observed, lead: written } });
  if ('look' in left) return left;
  const dates = { expected, actual: datesOf(record) };
  if (left.verdict.class !== 'ok') return { verdict: { ...left.verdict, ...dates } };
  const detail = whoSet(record, dates.actual, leadId, known.facts.payerDates);
  return { verdict: { class: 'dates-differ', uuid: record.uuid, ...dates, detail } };
}

/** If the paying customer has no record. */
export function withoutPayer(known: Knowledge): Verdict {
  const { lead } = known.observed;
  const uuid = lead === undefined || lead === 'none' ? undefined : lead.uuid;
  const detail = 'the billing source shows no such customer';
  if (uuid === undefined) return { class: 'missing', detail };
  return { class: notMerged(known), uuid, detail };
}

/** A lookup of the lead has found several records. */
export function severalRecords(uuids: readonly string[]): Verdict {
  return { class: 'two-records', detail: uuids.join(', ') };
}

function notMerged({ observed }: Knowledge): AuditClass {
  return observed.wasMerged ? 'unmerged' : 'not-merged';
}

function ofAttention(
  { code, detail }: Extract<NextStep, { do: 'raise-attention' }>,
  shown: { readonly record: CustomerRecord; readonly foreign: FunnelDates } | undefined,
): [AuditClass, Omit<Verdict, 'class'>] {
  const more = detail === undefined ? {} : { detail };
  switch (code) {
    case 'merged-elsewhere':
      return ['merged-elsewhere', more];
    case 'foreign-date':
      if (shown === undefined) return ['foreign-date', more];
      return [
        'foreign-date',
        { ...more, actual: datesOf(shown.record), foreign: shown.foreign.leadCreatedAt ? 'lead' : 'trial' },
      ];
    case 'lead-missing':
    case 'record-hidden':
    case 'payment-without-lead':
      return ['missing', more];
    default:
      return ['attention', { detail: detail === undefined ? code : `${code}: ${detail}` }];
  }
}

/** Who has set the dates that a record shows, as far as can be told. */
function whoSet(
  record: CustomerRecord,
  actual: FunnelDates,
  leadId: string,
  payerDates: FunnelDates | undefined,
): string {
  if (Object.keys(actual).length === 0) return 'both dates are empty';
  const others = otherLeadsIn(record, leadId);
  if (others.length > 0) return `the record also has the lead ${others.slice(0, 3).map(redactId).join(', ')}`;
  if (payerDates && datesAgree(payerDates, actual)) return "the paying customer's dates from before the merge";
  if (record.isUnmerged) return 'left by a merge that was taken back';
  return 'set by a person or another tool';
}

function datesOf({ leadCreatedAt, freeTrialStartedAt }: CustomerRecord): FunnelDates {
  return funnelDates(leadCreatedAt, freeTrialStartedAt);
}

/**
 * Whether a record from a list shows that all is well, so that no single read is needed. An earlier date on the lead's
 * own record would be adopted, unless an operator has corrected it, which only the journey itself knows.
 */
export function isPlainlyRight(
  leadId: string,
  expectation: Expectation,
  record: CustomerRecord,
  now: Instant,
): boolean {
  if (hasUnknownDates(expectation.facts, record, leadId)) return false;
  const judgement = judge(leadId, knowledgeWith(expectation, leadId, record, now));
  return 'verdict' in judgement && judgement.verdict.class === 'ok';
}

/** Whether the lead may have a second record: no report has named its customer. */
export function mayHaveSecondRecord({ facts, observed }: Knowledge): boolean {
  return payerId(facts, observed.pinnedPayer) === undefined;
}

/** Whether a record counts a lead a second time: its id in a billing source is the lead's own. */
export function isSecondRecord(leadId: string, known: Knowledge, record: CustomerRecord): boolean {
  return mayHaveSecondRecord(known) && holdsPayer(record, leadId) && !holdsLead(record, leadId);
}
