import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type BillingReport, parseBillingReport } from '../../src/domain/billing/report.js';
import { formatInstant } from '../../src/domain/journey/instant.js';
import { type ReadingOptions, readStripeEvent, type StripeReading, stripeEventTypes } from '../../src/stripe/facts.js';
import { readStripeReference, stripeReference } from '../../src/stripe/reference.js';
import { runs } from '../support/runs.js';
import { type StripeEvent, stripeApiVersions, stripeCustomer, stripeStory } from '../support/stripe.js';

const secret = 'mDqY3mW8sTnVb5YaPz2Rd4Jf6Hx9Lc1Ge0';
const billingCustomerId = 'cus_TwJourney0001';
const feb2 = '2026-02-02T08:00:00Z';
const feb16 = '2026-02-16T09:00:00Z';
const adam = { lead_id: 'lead_42' };
/** An invoice of 49.00 without a payment. */
const credited = { total: 4900, amount_due: 0, amount_paid: 0, amount_remaining: 0, starting_balance: -4900 };

for (const apiVersion of stripeApiVersions) {
  const customer = stripeCustomer({ apiVersion });

  describe(`a Stripe event of API version ${apiVersion}`, () => {
    const told: [what: string, event: StripeEvent, report: BillingReport][] = [
      ['an invoice that was paid', customer.invoice(feb16), { paidAt: feb16 }],
      [
        'an invoice of a subscription whose metadata names the lead',
        customer.invoice(feb16, adam),
        { link: { leadId: 'lead_42', rule: 'invoice-metadata' }, paidAt: feb16 },
      ],
      [
        'the first invoice of a subscription',
        customer.invoice(feb16, {}, { billing_reason: 'subscription_create' }),
        { paidAt: feb16, begins: true },
      ],
      [
        'the zero invoice of a trial, if it names the lead',
        customer.trialInvoice(feb2, adam),
        { link: { leadId: 'lead_42', rule: 'invoice-metadata' }, begins: true },
      ],
      ['an invoice of one cent', customer.invoice(feb16, {}, { total: 1, amount_paid: 1 }), { paidAt: feb16 }],
      ['a trial', customer.trialing(feb2), { trialStartedAt: feb2, begins: true }],
      [
        'a trial whose metadata names the lead',
        customer.trialing(feb2, adam),
        { link: { leadId: 'lead_42', rule: 'subscription-metadata' }, trialStartedAt: feb2, begins: true },
      ],
      ['a subscription without a trial', customer.subscribed(feb2), { begins: true }],
      [
        'a subscription that is active although it had a trial',
        changed(customer.trialing(feb2), { status: 'active' }),
        { trialStartedAt: feb2, begins: true },
      ],
      [
        'a subscription with a trial whose first payment is still open',
        changed(customer.trialing(feb2), { status: 'incomplete' }),
        { begins: true },
      ],
      ['a trial that starts on an existing subscription', customer.subscriptionUpdated(feb2), { trialStartedAt: feb2 }],
      [
        'a subscription that is paused after its trial',
        customer.subscriptionUpdated(feb2, { status: 'paused' }),
        { trialStartedAt: feb2 },
      ],
      [
        'a subscription whose metadata was set later',
        customer.subscriptionUpdated(feb2, { metadata: adam }),
        { link: { leadId: 'lead_42', rule: 'subscription-metadata' }, trialStartedAt: feb2 },
      ],
      [
        'a subscription without a trial whose metadata was set later',
        customer.subscriptionUpdated(feb2, { status: 'active', trial_start: null, trial_end: null, metadata: adam }),
        { link: { leadId: 'lead_42', rule: 'subscription-metadata' } },
      ],
      [
        'a trial that will end',
        customer.trialWillEnd(feb2, adam),
        { link: { leadId: 'lead_42', rule: 'subscription-metadata' }, trialStartedAt: feb2 },
      ],
      [
        "an invoice that the customer's credit balance settled",
        customer.invoice(feb16, {}, { ...credited, billing_reason: 'subscription_create' }),
        { paidAt: feb16, begins: true },
      ],
      [
        'an invoice that a credit note reduced before it was paid',
        customer.invoice(feb16, {}, { total: 4900, pre_payment_credit_notes_amount: 900, amount_paid: 4000 }),
        { paidAt: feb16 },
      ],
      [
        'a one-off invoice whose own metadata names the lead',
        oneOff(customer.invoice(feb16, {}, { metadata: adam, billing_reason: 'manual' })),
        { link: { leadId: 'lead_42', rule: 'invoice-metadata' }, paidAt: feb16 },
      ],
      [
        "an invoice whose own metadata and whose subscription name different leads: the subscription's counts",
        customer.invoice(feb16, adam, { metadata: { lead_id: 'lead_7' } }),
        { link: { leadId: 'lead_42', rule: 'invoice-metadata' }, paidAt: feb16 },
      ],
      ['a customer that was created', customer.created(feb2), { begins: true }],
      [
        'a customer that was created with the lead in its metadata',
        customer.created(feb2, adam),
        { link: { leadId: 'lead_42', rule: 'customer-metadata' }, begins: true },
      ],
      [
        'a customer whose metadata was updated to name the lead',
        customer.updated(feb2, adam),
        { link: { leadId: 'lead_42', rule: 'customer-metadata' } },
      ],
      ['a checkout that is complete, but not paid', customer.checkout(feb2), { begins: true }],
      [
        'a checkout whose metadata names the lead',
        customer.checkout(feb2, { metadata: adam }),
        { link: { leadId: 'lead_42', rule: 'checkout-metadata' }, begins: true },
      ],
      [
        'a checkout with a signed reference',
        customer.checkout(feb2, { client_reference_id: stripeReference('lead_42', { secret }) }),
        { link: { leadId: 'lead_42', rule: 'signed-reference' }, begins: true },
      ],
      [
        'a checkout with an unsigned reference',
        customer.checkout(feb2, { client_reference_id: 'lead_42' }),
        { suggestedLeadId: 'lead_42', begins: true },
      ],
      [
        'a checkout with metadata and a reference: the metadata wins',
        customer.checkout(feb2, { metadata: adam, client_reference_id: stripeReference('lead_7', { secret }) }),
        { link: { leadId: 'lead_42', rule: 'checkout-metadata' }, begins: true },
      ],
      ['a checkout that was paid at once', customer.checkoutPaid(feb16), { paidAt: feb16, begins: true }],
      [
        'a checkout that was paid at once, with an amount of zero',
        customer.checkoutPaid(feb16, { amount_total: 0 }),
        { begins: true },
      ],
      [
        'a one-off checkout whose payment is pending',
        customer.checkoutPaid(feb16, { payment_status: 'unpaid' }),
        { begins: true },
      ],
      [
        'a paid subscription checkout, whose payment the invoice reports',
        customer.checkoutPaid(feb16, { mode: 'subscription' }),
        { begins: true },
      ],
      [
        'a checkout that was paid days later',
        customer.checkoutPaidLater(feb16, { metadata: adam }),
        { link: { leadId: 'lead_42', rule: 'checkout-metadata' }, paidAt: feb16, begins: true },
      ],
      [
        'a checkout for a new card that names the lead',
        customer.checkout(feb2, { mode: 'setup', metadata: adam }),
        { link: { leadId: 'lead_42', rule: 'checkout-metadata' } },
      ],
    ];
    for (const [what, event, report] of told) {
      it(`is read as a report: ${what}`, () => {
        const dated = datedBy(event, report);
        assert.deepEqual(read(event), { kind: 'report', billingCustomerId, report: dated, unusableLeadIds: [] });
      });
    }

    const ignored: [what: string, event: StripeEvent, reason: string][] = [
      ['an unused event type', { ...customer.invoice(feb16), type: 'charge.refunded' }, 'unknown-type'],
      [
        'an event type that is a property of every object',
        { ...customer.invoice(feb16), type: 'constructor' },
        'unknown-type',
      ],
      [
        'invoice.payment_succeeded, which duplicates invoice.paid',
        { ...customer.invoice(feb16, adam), type: 'invoice.payment_succeeded' },
        'unknown-type',
      ],
      ['an invoice of zero', customer.trialInvoice(feb2), 'nothing-paid'],
      [
        'an invoice with a negative total',
        customer.invoice(feb16, {}, { total: -100, amount_paid: 0 }),
        'nothing-paid',
      ],
      [
        'an invoice with a discount of 100 %',
        customer.invoice(feb16, {}, { subtotal: 4900, total: 0, amount_due: 0, amount_paid: 0 }),
        'nothing-paid',
      ],
      [
        'an invoice that a credit note cancelled',
        customer.invoice(feb16, {}, { ...credited, starting_balance: 0, pre_payment_credit_notes_amount: 4900 }),
        'nothing-paid',
      ],
      [
        'an updated subscription without a trial that names no lead',
        customer.subscriptionUpdated(feb2, { status: 'active', trial_start: null, trial_end: null }),
        'no-news',
      ],
      [
        'an updated subscription with a trial whose first payment never came',
        customer.subscriptionUpdated(feb2, { status: 'incomplete_expired' }),
        'no-news',
      ],
      ['an updated customer who names no lead', customer.updated(feb2), 'no-news'],
      ['a checkout for a new card', customer.checkout(feb2, { mode: 'setup' }), 'no-news'],
      ['a guest who paid', customer.checkoutPaid(feb2, { customer: null, metadata: adam }), 'no-customer'],
      ['an invoice without a customer', customer.invoice(feb16, adam, { customer: null }), 'no-customer'],
      [
        'an event of a connected account',
        { ...customer.invoice(feb16, adam), account: 'acct_1SwConnected' },
        'connected-account',
      ],
    ];
    for (const [what, event, reason] of ignored) {
      it(`is ignored, with a reason: ${what}`, () => {
        assert.deepEqual(read(event), { kind: 'ignored', reason, unusableLeadIds: [] });
      });
    }

    const unreadable: [what: string, event: unknown, pointer: string, message: RegExp][] = [
      [
        'an invoice without an amount',
        without(customer.invoice(feb16), 'total'),
        '/data/object/total',
        /^must be a number$/,
      ],
      [
        'an invoice with a string as its amount',
        changed(customer.invoice(feb16), { total: '4900' }),
        '/data/object/total',
        /^must be a number$/,
      ],
      [
        'an invoice without any customer field',
        without(customer.invoice(feb16), 'customer'),
        '/data/object/customer',
        /^must be a customer or its id$/,
      ],
      [
        'an invoice without a payment time',
        changed(customer.invoice(feb16), { status_transitions: { paid_at: null } }),
        '/data/object/status_transitions/paid_at',
        /^is missing; set the API version /,
      ],
      [
        'an invoice without status transitions',
        without(customer.invoice(feb16), 'status_transitions'),
        '/data/object/status_transitions/paid_at',
        /^is missing; set the API version /,
      ],
      [
        'an invoice with a string as its payment time',
        changed(customer.invoice(feb16), { status_transitions: { paid_at: feb16 } }),
        '/data/object/status_transitions/paid_at',
        /^must be a number of seconds/,
      ],
      [
        'an invoice with a payment time in milliseconds',
        changed(customer.invoice(feb16), { status_transitions: { paid_at: Date.parse(feb16) } }),
        '/data/object/status_transitions/paid_at',
        /^must be a number of seconds/,
      ],
      [
        'an invoice paid in 1970',
        changed(customer.invoice(feb16), { status_transitions: { paid_at: 0 } }),
        '/data/object/status_transitions/paid_at',
        /^must not be before 2000/,
      ],
      [
        'an invoice paid in the future, by a test clock',
        customer.invoice('2026-06-02T00:00:00Z'),
        '/data/object/status_transitions/paid_at',
        /^must not be in the future$/,
      ],
      [
        'a trial that starts in the future',
        customer.trialing('2026-06-02T00:00:00Z'),
        '/data/object/trial_start',
        /^must not be in the future$/,
      ],
      [
        'a checkout paid in the future',
        customer.checkoutPaid('2026-06-02T00:00:00Z'),
        '/created',
        /^must not be in the future$/,
      ],
      [
        'metadata that is not an object',
        changed(customer.created(feb2), { metadata: 'lead_42' }),
        '/data/object/metadata',
        /^must be an object$/,
      ],
      ['a customer without an id', without(customer.created(feb2), 'id'), '/data/object/id', /^must be a string$/],
      [
        'a customer with an empty id',
        changed(customer.trialing(feb2), { customer: '' }),
        '/data/object/customer',
        /^must not be empty$/,
      ],
      [
        'a customer id with control characters',
        changed(customer.trialing(feb2), { customer: 'cus\n1' }),
        '/data/object/customer',
        /^must not contain control characters$/,
      ],
      ['no object', { ...customer.created(feb2), data: { object: null } }, '/data/object', /^must be an object$/],
      ['no data', { ...customer.created(feb2), data: undefined }, '/data', /^must be an object$/],
      ['no type', { ...customer.created(feb2), type: 7 }, '/type', /^must be a string$/],
      ['null', null, '', /^must be a Stripe event$/],
      ['an array of events', [customer.created(feb2)], '', /^must be a Stripe event$/],
    ];
    for (const [what, event, pointer, message] of unreadable) {
      it(`is unreadable, so that Stripe retries: ${what}`, () => {
        const reading = read(event);

        assert.ok(reading.kind === 'unreadable');
        assert.deepEqual(
          reading.problems.map((problem) => problem.pointer),
          [pointer],
        );
        assert.match(reading.problems[0]?.message ?? '', message);
      });
    }

    it('reports all problems at once', () => {
      const event = changed(customer.invoice(feb16), { customer: 7, total: null, status_transitions: 'paid' });

      const reading = read(event);

      assert.equal(reading.kind === 'unreadable' && reading.problems.length, 3);
    });

    it('may contain the expanded customer instead of its id', () => {
      const { object } = customer.created(feb2).data;

      const reading = read(changed(customer.invoice(feb16), { customer: object }));

      assert.equal(reading.kind === 'report' && reading.billingCustomerId, billingCustomerId);
    });

    it('is read the same with unknown fields', () => {
      const event = changed(customer.invoice(feb16, adam), { from_the_future: { a: 1 } });

      assert.deepEqual(read({ ...event, context: 'x' }), read(customer.invoice(feb16, adam)));
    });

    it('names the lead under the configured metadata key', () => {
      const event = customer.invoice(feb16, { lead_id: 'lead_7', our_lead: 'lead_42' });

      assert.deepEqual(linkOf(read(event, { metadataKey: 'our_lead' })), {
        leadId: 'lead_42',
        rule: 'invoice-metadata',
        at: feb16,
      });
      assert.deepEqual(read(event, { metadataKey: 'constructor' }), read(customer.invoice(feb16)));
    });

    const unusable: [what: string, leadId: unknown, message: RegExp][] = [
      ['an e-mail address', 'adam@example.com', /^looks like an e-mail address; /],
      ['too long', 'x'.repeat(240), /^must not have more than 239 characters, because its workflow id /],
      ['a number, which Stripe never sends', 42, /^must be a string of 1 to 255 characters$/],
      ['with a leading space', ' lead_42', /^must not begin or end with a space$/],
      ['blank', '   ', /^must not begin or end with a space$/],
      ['a missing value', 'undefined', /^is a placeholder for a missing value, not an id$/],
      ['an empty template', '{{lead_id}}', /^is a placeholder for a missing value, not an id$/],
    ];
    for (const [what, leadId, message] of unusable) {
      it(`reports an unusable lead id without repeating it: ${what}`, () => {
        const reading = read(customer.invoice(feb16, { lead_id: leadId } as Record<string, string>));

        assert.ok(reading.kind === 'report');
        assert.deepEqual(reading.report, { paidAt: feb16 });
        assert.deepEqual(
          reading.unusableLeadIds.map(({ rule }) => rule),
          ['invoice-metadata'],
        );
        assert.match(reading.unusableLeadIds[0]?.message ?? '', message);
        assert.ok(!JSON.stringify(reading).includes(String(leadId)));
      });
    }

    it('reports an unusable lead id also if nothing else is reported', () => {
      const reading = read(customer.updated(feb2, { lead_id: 'adam@example.com' }));

      assert.ok(reading.kind === 'ignored' && reading.reason === 'no-news');
      assert.deepEqual(
        reading.unusableLeadIds.map(({ rule }) => rule),
        ['customer-metadata'],
      );
    });

    it('accepts an e-mail address as the lead id if that is allowed', () => {
      const reading = read(customer.updated(feb2, { lead_id: 'adam@example.com' }), { allowEmailLeadIds: true });

      assert.equal(linkOf(reading)?.leadId, 'adam@example.com');
    });

    it('ignores an empty lead id, which removes a metadata key in Stripe', () => {
      assert.deepEqual(read(customer.created(feb2, { lead_id: '' })), read(customer.created(feb2)));
    });

    it('links by the reference if the lead id in the metadata is unusable, and reports both', () => {
      const event = customer.checkout(feb2, {
        metadata: { lead_id: 'adam@example.com' },
        client_reference_id: stripeReference('lead_42', { secret }),
      });

      const reading = read(event);

      assert.deepEqual(linkOf(reading), { leadId: 'lead_42', rule: 'signed-reference', at: feb2 });
      assert.equal(reading.kind === 'report' && reading.unusableLeadIds[0]?.rule, 'checkout-metadata');
    });

    it('links by an unsigned reference only if those are trusted', () => {
      const event = customer.checkout(feb2, { client_reference_id: 'lead_42' });

      const reading = read(event, { trustUnsignedReferences: true });

      assert.deepEqual(linkOf(reading), { leadId: 'lead_42', rule: 'unsigned-reference', at: feb2 });
    });

    it('suggests no lead by an unsigned reference that is a placeholder', () => {
      const reading = read(customer.checkout(feb2, { client_reference_id: 'undefined' }));

      assert.ok(reading.kind === 'report');
      assert.deepEqual(reading.report, { begins: true });
      assert.equal(reading.unusableLeadIds[0]?.rule, 'unsigned-reference');
    });

    it('counts under the account that takes the place of the customer with Accounts v2', () => {
      const ofAccount = { customer: null, customer_account: 'acct_1TwJourney0001' };
      for (const event of [
        customer.invoice(feb16, adam),
        customer.trialing(feb2, adam),
        customer.subscriptionUpdated(feb2, { metadata: adam }),
        customer.checkoutPaid(feb16, { metadata: adam }),
      ]) {
        const reading = read(changed(event, ofAccount));

        assert.deepEqual(reading, { ...read(event), billingCustomerId: 'acct_1TwJourney0001' }, event.type);
      }
    });

    it('counts under the customer if it has both a customer and an account', () => {
      const event = changed(customer.invoice(feb16), { customer_account: 'acct_1TwJourney0001' });

      assert.deepEqual(read(event), read(customer.invoice(feb16)));
    });

    it('is read although the clock of Stripe is ahead', () => {
      const event = { ...customer.updated(feb2, adam), created: Date.parse('2026-06-01T12:04:00Z') / 1000 };

      const reading = read(event);

      assert.ok(reading.kind === 'report');
      const now = Date.parse('2026-06-01T12:00:00Z');
      assert.deepEqual(parseBillingReport(reading.report, now), {
        ok: true,
        value: { link: { leadId: 'lead_42', rule: 'customer-metadata', at: '2026-06-01T12:00:00Z' } },
      });
    });

    it('neither links nor suggests by an edited signed reference, even if unsigned ones are trusted', () => {
      const edited = stripeReference('lead_42', { secret }).replace('42', '43');

      const reading = read(customer.checkout(feb2, { client_reference_id: edited }), { trustUnsignedReferences: true });

      assert.ok(reading.kind === 'report');
      assert.deepEqual(reading.report, { begins: true });
      assert.match(reading.unusableLeadIds[0]?.message ?? '', /STRIPE_REFERENCE_SECRET/);
    });
  });
}

describe('an invoice that was marked as paid outside Stripe', () => {
  it('is a payment even before 2025-03-31, when its amount_paid was 0', () => {
    const marked = { amount_due: 4900, amount_paid: 0, paid_out_of_band: true };

    const reading = read(stripeCustomer({ apiVersion: '2024-06-20' }).invoice(feb16, {}, marked));

    assert.deepEqual(reading.kind === 'report' && reading.report, { paidAt: feb16 });
  });

  it('is a payment if the credit balance left nothing due, and none if its total is zero', () => {
    const marked = { amount_due: 0, amount_paid: 0, paid_out_of_band: true };
    const { invoice } = stripeCustomer({ apiVersion: '2024-06-20' });

    const settled = read(invoice(feb16, {}, { ...marked, total: 4900 }));
    const free = read(invoice(feb16, {}, { ...marked, total: 0 }));

    assert.deepEqual(settled.kind === 'report' && settled.report, { paidAt: feb16 });
    assert.equal(free.kind, 'ignored');
  });
});

describe('stripeEventTypes', () => {
  it('lists the event types that are read', () => {
    assert.deepEqual([...stripeEventTypes].sort(), [
      'checkout.session.async_payment_succeeded',
      'checkout.session.completed',
      'customer.created',
      'customer.subscription.created',
      'customer.subscription.trial_will_end',
      'customer.subscription.updated',
      'customer.updated',
      'invoice.paid',
    ]);
  });
});

describe('readStripeEvent', () => {
  it('never throws for any JSON', () => {
    const types = fc.constantFrom(...stripeEventTypes, 'toString', 'charge.refunded');
    const events = fc.oneof(
      fc.jsonValue(),
      fc.record({ type: types, created: fc.nat(), data: fc.record({ object: fc.jsonValue() }) }),
    );
    fc.assert(fc.property(events, isReading));
  });

  it('never throws if one field of a real event has any value', () => {
    const events = stripeApiVersions.flatMap((apiVersion) =>
      stripeStory({ apiVersion, leadId: 'lead_42' }, { created: feb2, trial: feb2, paid: feb16 }),
    );
    const broken = fc
      .constantFrom(...events)
      .chain((event) =>
        fc
          .tuple(fc.constantFrom(...Object.keys(event.data.object)), fc.oneof(fc.jsonValue(), fc.double(), fc.bigInt()))
          .map(([field, value]) => changed(event, { [field]: value })),
      );
    fc.assert(fc.property(broken, isReading), { numRuns: runs(300) });
  });

  function isReading(event: unknown) {
    const reading = read(event);

    assert.ok(['report', 'ignored', 'unreadable'].includes(reading.kind));
    if (reading.kind === 'report') assert.ok(Object.keys(reading.report).length > 0);
  }
});

function read(event: unknown, options: Partial<ReadingOptions> = {}): StripeReading {
  return readStripeEvent(event, {
    readReference: (reference) => readStripeReference(reference, { secrets: [secret] }),
    now: Date.parse('2026-06-01T12:00:00Z'),
    ...options,
  });
}

function linkOf(reading: StripeReading) {
  return reading.kind === 'report' ? reading.report.link : undefined;
}

/** The report, with the time of the event in its link. */
function datedBy({ created }: StripeEvent, report: BillingReport): BillingReport {
  if (report.link === undefined) return report;
  return { ...report, link: { ...report.link, at: formatInstant(new Date(created * 1000)) } };
}

/** An invoice without a subscription, in each API version. */
function oneOff(event: StripeEvent): StripeEvent {
  return changed(event, 'parent' in event.data.object ? { parent: null } : { subscription_details: null });
}

function changed(event: StripeEvent, changes: Record<string, unknown>): StripeEvent {
  return { ...event, data: { object: { ...event.data.object, ...changes } } };
}

function without(event: StripeEvent, field: string): StripeEvent {
  const { [field]: _, ...object } = event.data.object;
  return { ...event, data: { object } };
}
