import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { learn, matchStatusOf, nextAction, nothingKnown, showUnsettled } from '../../src/domain/billing/next-action.js';
import { billingViewOf } from '../../src/domain/billing/view.js';
import { readStripeEvent, type StripeReading, stripeEventTypes } from '../../src/stripe/facts.js';
import { readStripeReference, stripeReference } from '../../src/stripe/reference.js';
import { type StripeEvent, stripeApiVersions, stripeCustomer } from '../support/stripe.js';

const secret = 'mDqY3mW8sTnVb5YaPz2Rd4Jf6Hx9Lc1Ge0';
const at = '2026-02-02T08:00:00Z';
const now = Date.parse('2026-06-01T12:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const adam = { lead_id: 'lead_42' };
const noTrial = { status: 'active', trial_start: null, trial_end: null };
const settled = { total: 4900, amount_due: 0, amount_paid: 0 };

/** One event for each row of the table in docs/billing.md, by its first two cells. */
const examples = (customer: ReturnType<typeof stripeCustomer>): Record<string, StripeEvent> => ({
  'invoice.paid: `total` > 0': customer.invoice(at),
  'invoice.paid: the same, and `billing_reason` is `subscription_create`': customer.invoice(
    at,
    {},
    { billing_reason: 'subscription_create' },
  ),
  'invoice.paid: the same, with the lead id': customer.invoice(at, adam, { billing_reason: 'subscription_create' }),
  "invoice.paid: `total` > 0, settled by the customer's balance: `amount_paid` is 0": customer.invoice(at, {}, settled),
  'invoice.paid: `total` > 0, marked as paid outside Stripe': customer.invoice(
    at,
    {},
    { ...settled, amount_due: 4900, paid_out_of_band: true },
  ),
  'invoice.paid: `total` > 0, one-off, with the lead id in its own metadata': customer.invoice(
    at,
    {},
    { metadata: adam, billing_reason: 'manual' },
  ),
  'invoice.paid: `total` is 0: a trial, a discount of 100 %': customer.trialInvoice(at),
  'invoice.paid: the same, with the lead id (a trial)': customer.trialInvoice(at, adam),
  'invoice.paid: `total` is not more than `pre_payment_credit_notes_amount`': customer.invoice(
    at,
    {},
    { ...settled, pre_payment_credit_notes_amount: 4900 },
  ),
  'customer.subscription.created: `trial_start` is set': customer.trialing(at),
  'customer.subscription.created: the same, with the lead id': customer.trialing(at, adam),
  'customer.subscription.created: `trial_start` is set, `status` is `incomplete`': changed(customer.trialing(at), {
    status: 'incomplete',
  }),
  'customer.subscription.created: no trial': customer.subscribed(at),
  'customer.subscription.created: no trial, with the lead id': customer.subscribed(at, adam),
  'customer.subscription.updated: `trial_start` is set, in any `status` but `incomplete` and `incomplete_expired`':
    customer.subscriptionUpdated(at, { status: 'paused' }),
  'customer.subscription.updated: the same, with the lead id': customer.subscriptionUpdated(at, { metadata: adam }),
  'customer.subscription.updated: no trial, with the lead id': customer.subscriptionUpdated(at, {
    ...noTrial,
    metadata: adam,
  }),
  'customer.subscription.updated: no trial': customer.subscriptionUpdated(at, noTrial),
  'customer.subscription.trial_will_end: always': customer.trialWillEnd(at),
  'checkout.session.completed: `mode` is `subscription`': customer.checkout(at),
  'checkout.session.completed: `mode` is `payment`, `payment_status` is `paid`, `amount_total` > 0':
    customer.checkoutPaid(at),
  'checkout.session.completed: the same, with `payment_status` `unpaid` or `no_payment_required`':
    customer.checkoutPaid(at, { payment_status: 'unpaid' }),
  'checkout.session.completed: with the lead id': customer.checkout(at, { metadata: adam }),
  'checkout.session.completed: with a signed `client_reference_id`': customer.checkout(at, {
    client_reference_id: stripeReference('lead_42', { secret }),
  }),
  'checkout.session.completed: with an unsigned `client_reference_id`': customer.checkout(at, {
    client_reference_id: 'lead_42',
  }),
  'checkout.session.completed: with an edited signed `client_reference_id`': customer.checkout(at, {
    client_reference_id: stripeReference('lead_42', { secret }).replace('42', '43'),
  }),
  'checkout.session.completed: `mode` is `setup`': customer.checkout(at, { mode: 'setup' }),
  'checkout.session.async_payment_succeeded: as `checkout.session.completed`, when the money arrives':
    customer.checkoutPaidLater(at),
  'customer.created: always': customer.created(at),
  'customer.created: with the lead id': customer.created(at, adam),
  'customer.updated: with the lead id': customer.updated(at, adam),
  'customer.updated: without': customer.updated(at),
  'any of them: the lead id is invalid, as `undefined` or an e-mail address': customer.created(at, {
    lead_id: 'undefined',
  }),
  'any of them: `customer` is null, `customer_account` is set (Accounts v2)': changed(customer.trialing(at, adam), {
    customer: null,
    customer_account: 'acct_1TwJourney0001',
  }),
  'any of them: `customer` and `customer_account` are null (a guest)': customer.checkoutPaid(at, { customer: null }),
  'any of them: `account` is set: a connected account that is not in `STRIPE_CONNECTED_ACCOUNTS`': {
    ...customer.invoice(at),
    account: 'acct_1TwConnected',
  },
  'any other: always': { ...customer.invoice(at, adam), type: 'invoice.payment_succeeded' },
});

describe('the table of events in docs/billing.md', () => {
  const rows = tableRows();

  for (const apiVersion of stripeApiVersions) {
    const events = examples(stripeCustomer({ apiVersion }));

    for (const { name, read, then } of rows) {
      it(`is what the reader does, for API version ${apiVersion}: ${name}`, () => {
        const event = events[name];
        assert.ok(event !== undefined, `an example of this row is missing: ${name}`);
        const reading = readStripeEvent(event, {
          readReference: (reference) => readStripeReference(reference, { secrets: [secret] }),
          now,
        });

        assert.deepEqual([read, then], [readFrom(reading), shownAfter(reading)]);
      });
    }
  }

  it('has a row for each example, and rows for each event type', () => {
    assert.deepEqual(rows.map(({ name }) => name).sort(), Object.keys(examples(stripeCustomer())).sort());
    const types = new Set(rows.map(({ name }) => name.split(': ')[0] ?? ''));
    assert.deepEqual([...types].sort(), [...stripeEventTypes, 'any of them', 'any other'].sort());
  });
});

function tableRows() {
  const [, section = ''] = readFileSync('docs/billing.md', 'utf8').split('### What each event means');
  const [table = ''] = section.split('\n\n').filter((part) => part.startsWith('| event |'));
  return table
    .split('\n')
    .slice(2)
    .map((line) => {
      const [, type = '', state = '', read = '', then = ''] = line.split('|').map((cell) => cell.trim());
      return { name: `${type.replaceAll('`', '')}: ${state}`, read, then };
    });
}

/** What is taken from the event. */
function readFrom(reading: StripeReading): string {
  assert.ok(reading.kind !== 'unreadable');
  if (reading.kind === 'ignored') return 'nothing';
  const { paidAt, trialStartedAt, link, suggestedLeadId, begins } = reading.report;
  return [
    ...(paidAt === undefined ? [] : ['payment']),
    ...(trialStartedAt === undefined ? [] : ['trial']),
    ...(link === undefined ? [] : [`link by \`${link.rule}\``]),
    ...(suggestedLeadId === undefined ? [] : ['suggested lead']),
    ...(begins ? ['start'] : []),
  ].join(', ');
}

/** The result for a customer without other events, as the workflow has it. */
function shownAfter(reading: StripeReading): string {
  assert.ok(reading.kind !== 'unreadable');
  const unusable = reading.unusableLeadIds.length > 0 ? ['`unusableLeadIds` in the log'] : [];
  if (reading.kind === 'ignored') return [`result \`${reading.reason}\``, ...unusable].join('; ');
  const instant = '2026-06-01T12:00:00Z';
  const state = showUnsettled(learn(nothingKnown, reading.report, instant), instant);
  if (nextAction(state, {}, now, dayMs).do === 'notify-journey') return 'the journey is notified';
  const isDue = nextAction(state, {}, now + dayMs, dayMs).do === 'raise-attention';
  const { attention } = billingViewOf({ ...state, ...(isDue && { attentionSince: instant }) });
  return [
    `\`${matchStatusOf(state)}\`${attention === undefined ? '' : `, after a day \`${attention.code}\``}`,
    ...unusable,
  ].join('; ');
}

function changed(event: StripeEvent, changes: Record<string, unknown>): StripeEvent {
  return { ...event, data: { object: { ...event.data.object, ...changes } } };
}
