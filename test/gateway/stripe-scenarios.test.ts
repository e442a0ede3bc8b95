import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BillingCustomerView } from '../../src/starter.js';
import { eventually } from '../support/eventually.js';
import { openStage, type Stage, until, untilCustomer } from '../support/journeys.js';
import { runs } from '../support/runs.js';
import { adam, adamProven, lead, records, stripe } from '../support/scenarios.js';
import { type StripeEvent, signedStripeRequest, stripeCustomer } from '../support/stripe.js';
import { openGateway, type TestGateway } from './gateways.js';

const { leadId, payerId } = adam;
const secret = 'whsec_live0123456789abcdef';
const free = { total: 0, amount_due: 0, amount_paid: 0 };
const noTrial = { status: 'active', trial_start: null, trial_end: null };
const named = { lead_id: leadId };
const wrongLead = 'lead_wrong';

describe('a customer in Stripe', () => {
  let stage: Stage;
  let gateway: TestGateway;
  beforeEach(async () => {
    stage = await openStage();
    gateway = await openGateway({
      account: stage.account,
      env: {
        STRIPE_WEBHOOK_SECRETS: `${stage.account}:live:${secret}`,
        STRIPE_SIGNATURE_TOLERANCE: '2 hours',
        CHARTMOGUL_URL: stage.sandbox.url,
      },
    });
  });
  afterEach(async () => {
    await gateway.close();
    await stage.close();
  });

  const send = async (...events: readonly StripeEvent[]): Promise<void> => {
    for (const event of events) {
      const { body, headers } = signedStripeRequest(event, secret);
      const answer = await gateway.ask('POST', '/webhooks/stripe', body, headers);
      assert.equal(answer.status, 200, `${event.type}: ${JSON.stringify(answer.body)}`);
    }
  };
  const known = (isWanted: (view: BillingCustomerView) => boolean, id: string = payerId) =>
    untilCustomer(stage, id, isWanted);
  const customer = stripeCustomer({ customerId: payerId, livemode: true });

  it('whose trial begins on an existing subscription is one record at the trial', async () => {
    await lead(stage);
    stripe(stage, { paid_at: undefined });

    await send(
      customer.subscribed('2016-01-06T00:00:00Z', named),
      customer.invoice('2016-01-06T00:00:00Z', named, free),
      customer.subscriptionUpdated(adam.trial, { metadata: named }),
    );

    await until(stage, leadId, ({ mergedAt }) => mergedAt !== undefined);
    assert.deepEqual(records(stage), adamProven);
  });

  it('whose subscription gets the lead id later is one record at the trial', async () => {
    await lead(stage);
    stripe(stage, { paid_at: undefined });

    await send(customer.trialing(adam.trial));
    await known(({ matchStatus }) => matchStatus === 'unmatched');
    await send(customer.subscriptionUpdated(adam.trial, { metadata: named }));

    await until(stage, leadId, ({ mergedAt }) => mergedAt !== undefined);
    assert.deepEqual(records(stage), adamProven);
  });

  it('whose trial only the reminder of its end reports is one record at the trial', async () => {
    await lead(stage);
    stripe(stage, { paid_at: undefined });

    await send(customer.trialWillEnd(adam.trial, named));

    await until(stage, leadId, ({ mergedAt }) => mergedAt !== undefined);
    assert.deepEqual(records(stage), adamProven);
  });

  it('who pays with a credit balance has paid; a discount of 100 % is no payment', async () => {
    await lead(stage);
    stripe(stage);
    const credited = { total: 4900, amount_due: 0, amount_paid: 0, starting_balance: -4900 };

    await send(
      customer.trialing(adam.trial, named),
      customer.invoice('2016-02-24T00:00:00Z', named, free),
      customer.invoice(adam.paid, named, credited),
    );

    await stage.journeys.handle(leadId).result();
    assert.deepEqual(records(stage), adamProven);
    assert.equal((await known(({ matchStatus }) => matchStatus === 'matched')).paidAt, adam.paid);
  });

  it('of Accounts v2 is merged under the id of its account', async () => {
    const account = 'acct_1TwJourney0001';
    await lead(stage);
    stripe(stage, { external_id: account });
    const paid = customer.invoice(adam.paid, named);
    Object.assign(paid.data.object, { customer: null, customer_account: account });

    await send(paid);

    await stage.journeys.handle(leadId).result();
    assert.deepEqual(
      records(stage).map(({ ids }) => ids),
      [[account, leadId]],
    );
  });

  it('who pays a one-off invoice is merged with the lead that the invoice names', async () => {
    await lead(stage);
    stripe(stage);

    const oneOff = customer.invoice(adam.paid, {}, { metadata: named, billing_reason: 'manual' });
    Object.assign(oneOff.data.object, { parent: null });
    await send(oneOff);

    const { billingCustomerId } = await until(stage, leadId, ({ paidAt }) => paidAt !== undefined);
    assert.equal(billingCustomerId, payerId);
  });

  it('whose metadata were corrected before the payment has the corrected lead, in every order and for every name', async () => {
    const story = (id: string, wrong: string, right: string): StripeEvent[] => {
      const { created, updated, invoice } = stripeCustomer({ customerId: id, livemode: true });
      return [
        created('2016-02-01T00:00:00Z', { lead_id: wrong }),
        updated('2016-02-02T00:00:00Z', { lead_id: right }),
        updated('2016-02-02T00:00:00Z', { lead_id: right }),
        invoice(adam.paid, {}, { billing_reason: 'subscription_create' }),
      ];
    };
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.boolean(), async (order, isSwapped) => {
        number += 1;
        const names = [`lead_${number}_a`, `lead_${number}_b`];
        const [wrong = '', right = ''] = isSwapped ? names.reverse() : names;
        const events = story(`cus_${number}`, wrong, right);
        const [, , , payment] = events;

        // The payment comes last, because the first trial or payment notifies the journey.
        await send(...order.flatMap((index) => events[index] ?? []), ...(payment ? [payment] : []));

        const { notified, otherLeadIds, attention } = await known(
          (view) => view.notified !== undefined,
          `cus_${number}`,
        );
        assert.deepEqual([notified?.leadId, otherLeadIds, attention], [right, [wrong], undefined]);
      }),
      { numRuns: runs(8) },
    );
  });

  it('whose metadata are corrected after the journey was notified needs attention, until an operator links it', async () => {
    await send(customer.created(adam.lead, { lead_id: wrongLead }), customer.trialing(adam.trial));
    await known(({ notified }) => notified?.leadId === wrongLead);
    await send(customer.updated(adam.paid, named), customer.updated(adam.paid, named));

    const { attention, otherLeadIds } = await known((view) => view.attention !== undefined);
    assert.deepEqual(
      [attention?.code, attention?.detail, otherLeadIds],
      ['lead-conflict', `lead ${leadId}, by customer-metadata`, [leadId]],
    );
    await eventually(async () => (await stage.customers.count({ attention: 'lead-conflict' })) === 1);

    const link = { billing_customer_id: payerId, lead_id: leadId, note: 'asked them' };
    const { body } = await gateway.ask('POST', '/v1/links', link);
    assert.deepEqual([body.attention, body.notified.lead_id], [undefined, leadId]);
    await send(customer.updated('2016-03-01T00:00:00Z', { lead_id: wrongLead }));
    assert.equal((await known(() => true)).attention, undefined);
  });

  it('whose trial has only an unsigned reference is listed as unmatched', async () => {
    const trialReference = customer.checkout(adam.trial, {
      client_reference_id: leadId,
      payment_status: 'no_payment_required',
    });

    await send(customer.created(adam.trial), trialReference, customer.trialing(adam.trial));

    await known(({ matchStatus }) => matchStatus === 'unmatched');
    const [listed] = await eventually(async () => {
      const all = [];
      for await (const summary of stage.customers.list({ matchStatus: 'unmatched' })) all.push(summary);
      return all.length === 1 ? all : undefined;
    });
    assert.deepEqual([listed?.billingCustomerId, listed?.suggestedLeadIds], [payerId, [leadId]]);
  });

  it('whose metadata have a placeholder has no lead', async () => {
    for (const id of ['undefined', '[object Object]', '{{lead_id}}', '   ']) {
      await send(customer.invoice(adam.paid, { lead_id: id }, { billing_reason: 'subscription_create' }));
    }

    const { link, matchStatus } = await known((view) => view.paidAt !== undefined);
    assert.deepEqual([link, matchStatus], [undefined, 'unmatched']);
    const logged = gateway.logged.filter((line) => line.includes('unusableLeadIds'));
    assert.equal(logged.length, 4);
    assert.doesNotMatch(logged.join(''), /undefined|object Object/);
  });

  it('is found by a link whose event comes from a clock ahead', async () => {
    const event = customer.updated(adam.paid, named);
    await send({ ...event, created: Math.floor(Date.now() / 1000) + 240 });

    const { link, notices } = await known((view) => view.link !== undefined);
    assert.deepEqual([link?.leadId, notices], [leadId, []]);
    assert.ok(Date.parse(link?.at ?? '') <= Date.now());
  });

  it('may be reported by a queue an hour later, and to an address with a slash', async () => {
    const signedAt = new Date(Date.now() - 3_600_000);
    const { body, headers } = signedStripeRequest(customer.invoice(adam.paid, named), secret, { signedAt });

    const answer = await gateway.ask('POST', '/webhooks/stripe/', body, headers);

    assert.deepEqual([answer.status, answer.body.result], [200, 'accepted']);
    assert.equal((await known(({ link }) => link?.leadId === leadId)).paidAt, adam.paid);
  });

  it('causes one warning with the unused event types, and a metric for each', async () => {
    const unused = (type: string) => ({ ...customer.subscribed(adam.trial, noTrial), type });

    await send(unused('customer.subscription.deleted'), unused('charge.refunded'), unused('charge.refunded'));
    const metrics = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
    await gateway.close();

    assert.match(metrics, /type="customer.subscription.deleted",result="unknown-type"} 1\n/);
    assert.match(metrics, /type="charge.refunded",result="unknown-type"} 2\n/);
    const warnings = gateway.logged.map((line) => JSON.parse(line)).filter(({ types }) => types !== undefined);
    assert.deepEqual(
      warnings.map(({ level, types }) => [level, types]),
      [
        [40, { 'customer.subscription.deleted': 1 }],
        [40, { 'charge.refunded': 2 }],
      ],
    );
  });
});
