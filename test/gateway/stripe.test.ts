import assert from 'node:assert/strict';
import { stripeReference } from '../../src/stripe/index.js';
import { unmergeByHand } from '../support/by-hand.js';
import { openStage, type Stage } from '../support/journeys.js';
import { adam, adamProven, lead, records, stripe } from '../support/scenarios.js';
import { signedStripeRequest, stripeApiVersions, stripeCustomer, stripeStory } from '../support/stripe.js';
import { type Answer, assertProblem, openGateway, type TestGateway } from './gateways.js';

const { leadId, payerId } = adam;
const secret = 'whsec_live0123456789abcdef';
const testSecret = 'whsec_test0123456789abcdef';
const referenceSecret = 'a-secret-of-at-least-32-characters';
const dates = { created: adam.lead, trial: adam.trial, paid: adam.paid, renewals: ['2016-03-25T00:00:00Z'] };

describe('POST /webhooks/stripe', () => {
  let stage: Stage;
  let gateway: TestGateway;
  beforeEach(async () => {
    stage = await openStage();
    gateway = await openGateway({
      account: stage.account,
      env: {
        STRIPE_WEBHOOK_SECRETS: `${stage.account}:live:${secret} ${stage.account}:test:${testSecret}`,
        STRIPE_REFERENCE_SECRET: referenceSecret,
        CHARTMOGUL_URL: stage.sandbox.url,
      },
    });
  });
  afterEach(async () => {
    await gateway.close();
    await stage.close();
  });

  const post = (event: unknown, key = secret, at = new Date()): Promise<Answer> => {
    const { body, headers } = signedStripeRequest(event, key, { signedAt: at });
    return gateway.ask('POST', '/webhooks/stripe', body, { ...headers, authorization: '' });
  };

  const orders: [name: string, order: <T>(events: T[]) => T[]][] = [
    ['in order', (events) => events],
    ['in reverse order', (events) => [...events].reverse()],
    [
      'twice and shuffled',
      (events) => [...events, ...events].map((_, index, all) => all[(index * 5) % all.length] ?? _),
    ],
  ];
  for (const apiVersion of stripeApiVersions) {
    for (const [name, order] of orders) {
      it(`produces the same record from Stripe's events ${name}, for API version ${apiVersion}`, async () => {
        await lead(stage);
        stripe(stage);

        const events = stripeStory({ customerId: payerId, leadId, apiVersion, livemode: true }, dates);
        for (const event of order(events)) assert.equal((await post(event)).status, 200, event.type);

        await stage.journeys.handle(leadId).result();
        assert.deepEqual(records(stage), adamProven);
      });
    }
  }

  const refused: [what: string, send: () => Promise<Answer>, words: RegExp][] = [
    ['no signature', () => gateway.ask('POST', '/webhooks/stripe', '{}'), /no Stripe-Signature header/],
    ['a signature with another secret', () => post(paidEvent(), 'whsec_somebodyelse0123456789'), /matches none/],
    [
      'an old timestamp',
      () => post(paidEvent(), secret, new Date(Date.now() - 301_000)),
      /older than STRIPE_SIGNATURE_TOLERANCE allows/,
    ],
    [
      'a changed body',
      () => {
        const { body, headers } = signedStripeRequest(paidEvent(), secret);
        return gateway.ask('POST', '/webhooks/stripe', body.replace('4900', '9900'), headers);
      },
      /no proxy changes the body/,
    ],
  ];
  for (const [what, send, words] of refused) {
    it(`refuses ${what}, and starts nothing`, async () => {
      const answer = await send();

      assertProblem(answer, 400, 'signature-refused');
      assert.match(answer.body.detail, words);
      await assert.rejects(customer().summary(), /not found/);
    });
  }

  it('responds with 200 to an event of the other mode, counts it, and starts nothing', async () => {
    const answer = await post(paidEvent(), testSecret);

    assert.equal(answer.status, 200);
    assert.equal(answer.body.result, 'wrong_mode');
    await assert.rejects(customer().summary(), /not found/);
    assert.match(await metrics(), /source="stripe",type="invoice.paid",result="wrong_mode"} 1/);
  });

  it('responds with 200 to an unused event type, and counts it', async () => {
    const answer = await post({ ...paidEvent(), type: 'radar.early_fraud_warning.created' });

    assert.equal(answer.status, 200);
    assert.match(await metrics(), /source="stripe",type="radar.early_fraud_warning.created",result="unknown-type"} 1/);
  });

  it('refuses a signed event of an unknown format, so that Stripe shows the failure', async () => {
    const event = paidEvent();
    event.data.object.total = 'a lot';

    const answer = await post(event);

    assertProblem(answer, 422, 'unreadable-event');
    assert.equal(answer.body.errors[0].pointer, '/data/object/total');
  });

  it('links by a signed reference, and only suggests a lead by an unsigned one', async () => {
    const stranger = stripeCustomer({ customerId: 'cus_bare', livemode: true });
    const known = stripeCustomer({ customerId: payerId, livemode: true });
    await lead(stage);
    stripe(stage);
    const reference = stripeReference(leadId, { secret: referenceSecret, account: stage.account });

    await post(stranger.checkout(adam.trial, { client_reference_id: leadId }));
    await post(stranger.invoice(adam.paid));
    await post(known.checkout(adam.trial, { client_reference_id: reference }));
    await post(known.invoice(adam.paid));

    await stage.journeys.handle(leadId).result();
    const bare = await customer('cus_bare').view();
    assert.deepEqual([bare.matchStatus, bare.suggestedLeadIds], ['unmatched', [leadId]]);
  });

  it('logs which rule named the lead, and never personal data from the event', async () => {
    const event = paidEvent();
    Object.assign(event.data.object, { customer_email: 'marked@secret.example', customer_name: 'Marked Name' });

    await post(event);

    const line = gateway.logged.find((logged) => logged.includes('/webhooks/stripe')) ?? '';
    assert.equal(JSON.parse(line).rule, 'invoice-metadata');
    assert.doesNotMatch(gateway.logged.join(''), /marked@secret|Marked Name|whsec_/i);
  });

  it('lets an operator link an unmatched customer', async () => {
    await lead(stage);
    stripe(stage);
    await post(stripeCustomer({ customerId: payerId, livemode: true }).invoice(adam.paid));

    const answer = await gateway.ask('POST', '/v1/links', {
      billing_customer_id: payerId,
      lead_id: leadId,
      note: 'asked them',
    });

    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(answer.body.link, { lead_id: leadId, rule: 'operator', note: 'asked them' });
    await stage.journeys.handle(leadId).result();
    const ids = records(stage).map((record) => record.ids);
    assert.deepEqual(ids, [[leadId, payerId]]);

    const tooLate = await gateway.ask('POST', '/v1/links', {
      billing_customer_id: payerId,
      lead_id: 'lead_2',
      note: 'no',
    });
    assertProblem(tooLate, 409, 'link-refused');
    assert.match(tooLate.body.detail, /[Uu]nmerge/);

    const again = { billing_customer_id: payerId, lead_id: 'lead_2', note: 'unmerged by hand', unmerged: true };
    const stillMerged = await gateway.ask('POST', '/v1/links', again);
    assertProblem(stillMerged, 409, 'link-refused');
    assert.match(stillMerged.body.detail, /ChartMogul still shows/);
    await unmergeByHand(stage, leadId);
    const unmerged = await gateway.ask('POST', '/v1/links', again);
    assert.equal(unmerged.body.link.lead_id, 'lead_2');

    const wrong = await gateway.ask('POST', '/v1/links', { billing_customer_id: ' x', lead_id: 'lead_2', note: ' ' });
    assertProblem(wrong, 400, 'invalid-request');
    assert.deepEqual(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
      '/billing_customer_id',
      '/note',
    ]);
  });

  const paidEvent = () =>
    stripeCustomer({ customerId: payerId, livemode: true }).invoice(adam.paid, { lead_id: leadId });
  const metrics = async () => (await fetch(`${gateway.operationsUrl}/metrics`)).text();
  const customer = (id: string = payerId) => {
    const handle = gateway.client.workflow.getHandle(`billing/${stage.account}/${id}`);
    return {
      summary: () => handle.describe(),
      view: () => handle.query<{ matchStatus: string; suggestedLeadIds: string[] }>('billingCustomer'),
    };
  };
});
