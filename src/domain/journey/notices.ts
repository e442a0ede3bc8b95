import { datesOfOtherLeads, datesText, foreignDates } from './dates.js';
import {
  type Facts,
  isWithdrawn,
  leadDate,
  otherCustomers,
  paymentDate,
  startsAfterPayment,
  trialDate,
} from './facts.js';
import { mergedRecord, type Observations } from './next-step.js';
import { type CustomerRecord, holdsPayer, otherLeadsIn, redactId } from './records.js';
import type { Unmerged } from './unmerging.js';

/** Information that does not block the journey. */
export type Notice =
  | { readonly code: 'dates-contradict'; readonly text: string }
  | { readonly code: 'not-a-subscriber'; readonly text: string }
  | { readonly code: 'no-lead-date'; readonly text: string }
  | { readonly code: 'other-payers'; readonly text: string }
  | { readonly code: 'trial-after-payment'; readonly text: string }
  | { readonly code: 'shared-record'; readonly text: string }
  | { readonly code: 'foreign-date'; readonly text: string }
  | { readonly code: 'withdrawn'; readonly text: string }
  | { readonly code: 'dates-not-restored'; readonly text: string };

export function noticesOf(leadId: string, facts: Facts, observed: Observations): Notice[] {
  const notices: Notice[] = [];
  if (contradicts(facts, observed)) {
    notices.push({
      code: 'dates-contradict',
      text: 'The dates are not in the order lead, trial, payment. They were used as reported; `correct` replaces a wrong one.',
    });
  }
  const merged = mergedRecord(facts, observed);
  if (merged && paymentDate(facts, observed.pinnedPayer) !== undefined && !merged.isSubscriber) {
    notices.push({
      code: 'not-a-subscriber',
      text: 'ChartMogul does not count this customer as a subscriber (yet). A one-off charge or a free plan does not make a customer a subscriber.',
    });
  }
  if (merged && merged.leadCreatedAt === undefined) {
    notices.push({
      code: 'no-lead-date',
      text: 'No lead date was reported, so the customer is not in the Leads chart.',
    });
  }
  if (startsAfterPayment(facts) && trialDate(facts) === undefined) {
    const shown = merged?.freeTrialStartedAt;
    const stands =
      shown === undefined ? '' : ` ChartMogul shows the trial date ${shown}: clear it there if it is that trial.`;
    notices.push({
      code: 'trial-after-payment',
      text: `A trial was reported for ${facts.trialStartedAt}, after the first payment. It is not this lead's free trial, so it changes no date.${stands}`,
    });
  }
  if (merged) notices.push(...noticesOfDates(merged, facts, leadId));
  const isHeld = (id: string) => merged !== undefined && holdsPayer(merged, id);
  const others = otherCustomers(facts, observed.pinnedPayer).filter((id) => !isHeld(id));
  if (others.length > 0) {
    notices.push({
      code: 'other-payers',
      text: `Other billing customers were reported for this lead too: ${others.slice(0, 10).map(redactId).join(', ')}.`,
    });
  }
  const { withdrawals = [] } = facts;
  if (withdrawals.length > 0) {
    const ids = withdrawals.slice(0, 10).map(({ billingCustomerId }) => redactId(billingCustomerId));
    const trial = datedByWithdrawn(facts)
      ? ' The trial date came from one of them: `correct` it if it is wrong for this lead.'
      : '';
    notices.push({
      code: 'withdrawn',
      text: `An operator separated these billing customers from this lead, so this journey ignores them: ${ids.join(', ')}.${trial}`,
    });
  }
  return notices;
}

/** What an unmerge has left to an operator. */
export function unmergedNotices(unmerged: Unmerged | undefined): Notice[] {
  if (unmerged?.left?.problem === undefined) return [];
  const { billingCustomerIds, left } = unmerged;
  const customers = billingCustomerIds.slice(0, 10).map(redactId).join(', ');
  const record = `the record ${left.uuid}${customers && ` of ${customers}`}, from which the lead was unmerged`;
  const shown = datesText(left.dates) || 'neither a lead date nor a trial date';
  const text =
    left.problem === 'unknown-dates'
      ? `It is not known which dates ${record}, had before the merge, so they were not changed. It has ${shown}: set the true ones in ChartMogul.`
      : `ChartMogul did not put back all dates of ${record}. It still has ${shown}: set or clear them there.`;
  return [{ code: 'dates-not-restored', text }];
}

/** Where ChartMogul's dates are not this lead's own. */
function noticesOfDates(record: CustomerRecord, facts: Facts, leadId: string): Notice[] {
  const theirs = datesText(datesOfOtherLeads(record, facts, leadId));
  if (theirs !== '') {
    const held = otherLeadsIn(record, leadId);
    const leads = listed(held);
    const left = listed(facts.otherLeads?.filter((other) => !held.includes(other)) ?? []);
    const leftBehind =
      left === ''
        ? ''
        : ` The record held ${left} before: if the date is from there, set a later one in ChartMogul, then \`retry\` every lead that the record holds.`;
    const text = `The record also holds these leads: ${leads}. ChartMogul shows the earliest dates of all leads in a record, here another lead's ${theirs}. If a lead does not belong to this customer, \`unmerge\` it.${leftBehind}`;
    return [{ code: 'shared-record', text }];
  }
  const { foreignDates: rule, ...asked } = record;
  const foreign = datesText(foreignDates(asked, facts, leadId));
  if (foreign === '') return [];
  const kept = rule === 'keep' ? ' It is kept, because FOREIGN_DATES is `keep`.' : '';
  const text = `ChartMogul shows the ${foreign}, which is earlier than this journey knows and not explained by a report, a correction, another lead in the record, or the paying customer's record before the merge.${kept}`;
  return [{ code: 'foreign-date', text }];
}

function listed(leadIds: readonly string[]): string {
  return leadIds.slice(0, 10).map(redactId).join(', ');
}

/** Whether the trial date came from a withdrawn customer. ChartMogul has it already; only a person can correct it. */
function datedByWithdrawn(facts: Facts): boolean {
  const dated = facts.billingTrials?.filter(({ at }) => at === trialDate(facts)) ?? [];
  return dated.some(({ billingCustomerId }) => isWithdrawn(facts, billingCustomerId));
}

/** A trial before the lead, or a payment before either, as reported: `leadDate` itself is never after the trial. */
function contradicts(facts: Facts, observed: Observations): boolean {
  const lead = facts.corrections.leadCreatedAt?.to ?? facts.leadCreatedAt;
  const trial = trialDate(facts);
  const paid = paymentDate(facts, observed.pinnedPayer);
  const firstOfAll = leadDate(facts);
  return (
    (lead !== undefined && trial !== undefined && trial < lead) ||
    (paid !== undefined && trial !== undefined && paid < trial) ||
    (paid !== undefined && firstOfAll !== undefined && paid < firstOfAll)
  );
}
