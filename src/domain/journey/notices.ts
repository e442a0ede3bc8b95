import { type Facts, isWithdrawn, leadDate, otherPayers, paymentDate, trialDate } from './facts.js';
import { mergedRecord, type Observations } from './next-step.js';
import { redactId } from './records.js';

/** Things worth knowing that hold nothing up. */
export type Notice =
  | { readonly code: 'dates-contradict'; readonly text: string }
  | { readonly code: 'not-a-subscriber'; readonly text: string }
  | { readonly code: 'no-lead-date'; readonly text: string }
  | { readonly code: 'other-payers'; readonly text: string }
  | { readonly code: 'withdrawn'; readonly text: string };

export function noticesOf(facts: Facts, observed: Observations): Notice[] {
  const notices: Notice[] = [];
  if (contradicts(facts, observed)) {
    notices.push({
      code: 'dates-contradict',
      text: 'The dates are not in the order lead, trial, payment. They were taken as reported; `correct` replaces a wrong one.',
    });
  }
  const merged = mergedRecord(facts, observed);
  if (merged && paymentDate(facts, observed.pinnedPayer) !== undefined && !merged.isSubscriber) {
    notices.push({
      code: 'not-a-subscriber',
      text: 'ChartMogul does not count this customer as a subscriber (yet): a one-off charge or a free plan does not make one.',
    });
  }
  if (merged && merged.leadCreatedAt === undefined) {
    notices.push({
      code: 'no-lead-date',
      text: 'Nobody reported a lead date, so the customer is not in the Leads chart.',
    });
  }
  const others = otherPayers(facts, observed.pinnedPayer);
  if (others.length > 0) {
    notices.push({
      code: 'other-payers',
      text: `Payments of other billing customers were reported for this lead and change nothing: ${others.slice(0, 10).map(redactId).join(', ')}.`,
    });
  }
  const { withdrawals = [] } = facts;
  if (withdrawals.length > 0) {
    const ids = withdrawals.slice(0, 10).map(({ billingCustomerId }) => redactId(billingCustomerId));
    const trial = datedByWithdrawn(facts)
      ? ' The trial date came from there: `correct` it if this lead had another.'
      : '';
    notices.push({
      code: 'withdrawn',
      text: `An operator linked these billing customers to other leads, so they count here no more: ${ids.join(', ')}.${trial}`,
    });
  }
  return notices;
}

/** The date stands in ChartMogul by now, and only a person knows a better one. */
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
