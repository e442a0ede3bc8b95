import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sandboxed } from './sandboxed.js';

describe('the billing integration of the sandbox', () => {
  const test = new Sandboxed();
  const lookups = () => test.find(test.sandbox.billingSourceUuid, 'cus_1');

  it('imports a customer after its delay, not before [the tutorial: up to ten minutes]', async () => {
    test.turn({ ingestDelayMs: 60_000 });
    test.sandbox.ingest({ external_id: 'cus_1' });
    assert.deepEqual(await lookups(), []);
  });

  it("prefers a customer's own delay to the knob [contract of the sandbox]", async () => {
    test.turn({ ingestDelayMs: 60_000 });
    const body = { external_id: 'cus_1', delayMs: 0 };
    const { status } = await test.raw('POST', '/_sandbox/stripe/customers', { body });
    assert.equal(status, 202);
    assert.equal((await lookups()).length, 1);
  });

  it('shows a customer from the n-th lookup on [contract of the sandbox]', async () => {
    test.sandbox.ingest({ external_id: 'cus_1', afterLookups: 3 });
    await test.find(test.sandbox.leadsSourceUuid, 'cus_1'); // looks elsewhere: does not count
    await test.find(test.sandbox.billingSourceUuid, 'cus_2'); // looks for another: neither
    const found: number[] = [];
    for (let lookup = 0; lookup < 4; lookup++) found.push((await lookups()).length);
    assert.deepEqual(found, [0, 0, 1, 1]);
  });

  it('creates a New Lead for a customer who has not paid [help article 203231962]', async () => {
    const payer = await test.payer('cus_1');
    assert.deepEqual([payer.status, payer['customer-since'], payer.lead_created_at], ['New Lead', null, null]);
    assert.deepEqual(
      [payer.data_source_uuid, Object(payer)['billing-system-type']],
      [test.sandbox.billingSourceUuid, 'Stripe'],
    );
    assert.equal(Object(payer)['billing-system-url'], 'https://dashboard.stripe.com/customers/cus_1');
  });

  it('makes a payer Active since the payment [documented: help article 212811009]', async () => {
    const payer = await test.payer('cus_1', { paid_at: '2016-02-25T00:00:00Z' });
    assert.deepEqual([payer.status, payer['customer-since']], ['Active', '2016-02-25T00:00:00+00:00']);
    assert.ok(payer.mrr > 0);
  });

  it('sets the lead date with the trial date, or not by the knob [help article 203231962]', async () => {
    const trial = '2016-02-10T00:00:00.000Z';
    const dates = async () => {
      const { lead_created_at, free_trial_started_at } = await test.payer('cus_1', { trial_started_at: trial });
      return [lead_created_at, free_trial_started_at];
    };
    assert.deepEqual(await dates(), [trial, trial]);
    test.turn({ stripeTrialSetsLeadDate: false });
    assert.deepEqual(await dates(), [null, trial]);
  });

  it('updates a known customer, and does not change existing dates [open: our choice]', async () => {
    const first = await test.payer('cus_1', { trial_started_at: '2016-02-10' });
    const second = await test.payer('cus_1', { trial_started_at: '2017-01-01', paid_at: '2016-02-25' });
    assert.equal(second.uuid, first.uuid);
    const [date, status] = ['2016-02-10T00:00:00.000Z', 'Active'];
    assert.deepEqual([second.lead_created_at, second.free_trial_started_at, second.status], [date, date, status]);
  });

  it('finds a merged customer again and makes its record Active [inferred: source customers stay addressable]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1', { trial_started_at: '2016-02-10' })];
    await test.merge(lead, payer);
    const paid = await test.payer('cus_1', { paid_at: '2016-02-25' });
    assert.deepEqual([paid.uuid, paid.status, paid.external_ids.length], [payer.uuid, 'Active', 2]);
  });

  it('merges records of the same external id by the knob autoMerge [help article 13705053532572]', async () => {
    test.turn({ autoMerge: 'external_id' });
    await test.lead('same');
    const payer = await test.payer('same');
    assert.deepEqual(payer.external_ids, ['same', 'same']);
    assert.equal(payer.data_source_uuid, test.sandbox.billingSourceUuid);
  });

  it('rejects an invalid Stripe customer with a reason [contract of the sandbox]', async () => {
    for (const body of [{}, { external_id: 'x', paid_at: 'soon' }, { external_id: 'x', typo: 1 }, '[]', 'x']) {
      const { status, json } = await test.raw('POST', '/_sandbox/stripe/customers', { body });
      assert.equal(status, 400);
      assert.ok(Object(json()).message);
    }
  });
});

describe('the webhook of the sandbox', () => {
  const test = new Sandboxed();
  const received: unknown[] = [];
  let answers: number[] = [];
  let arrived: () => void = () => {};
  const listener = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push(JSON.parse(body));
      response.writeHead(answers.shift() ?? 204).end();
      arrived();
    });
  });
  const url = () => `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook`; // it listens on a port

  before((done) => void listener.listen(0, '127.0.0.1', done));
  after((done) => {
    listener.closeAllConnections();
    listener.close(done);
  });
  beforeEach(() => {
    received.length = 0;
    answers = [];
  });
  const deliveries = (count: number) =>
    new Promise<void>((resolve) => {
      arrived = () => received.length >= count && resolve();
      arrived();
    });

  it('reports new business in the documented shape, without another request [documented: webhooks]', async () => {
    test.turn({ webhookUrl: url() });
    test.sandbox.ingest({
      external_id: 'cus_1',
      name: 'Adam',
      email: 'adam@example.com',
      paid_at: '2016-02-25',
      delayMs: 5,
    });
    await deliveries(1);
    const [payer] = await test.find(test.sandbox.billingSourceUuid, 'cus_1');
    const money = { account_currency: 'USD', invoice_currency: 'USD' };
    const signs = { account_currency_symbol: '$', invoice_currency_symbol: '$' };
    const amounts = { movement_amount_in_cent: 1000, mrr_movement_in_account_currency: 1000 };
    assert.deepEqual(received, [
      {
        date: '2016-02-25T00:00:00.000Z',
        type: 'mrr_movement',
        customer: {
          ...{ name: 'Adam', uuid: payer?.uuid, email: 'adam@example.com', status: 'Active', company: '' },
          ...{ currency: 'USD', current_arr: 12_000, current_mrr: 1000, external_id: 'cus_1' },
          ...{ external_ids: ['cus_1'], currency_symbol: '$', data_source_uuid: test.sandbox.billingSourceUuid },
        },
        description: 'purchased the Monthly plan',
        subscription: { external_id: 'sub_cus_1' },
        movement_type: 'new_biz',
        ...money,
        ...signs,
        ...amounts,
        mrr_movement_in_invoice_currency: 1000,
      },
    ]);
  });

  it('is retried until the answer is 2xx [help article 360017053460]', async () => {
    test.turn({ webhookUrl: url(), webhookRetryDelayMs: 1 });
    answers = [500, 404, 302];
    test.sandbox.ingest({ external_id: 'cus_1', paid_at: '2016-02-25', delayMs: 0 });
    await deliveries(4);
    assert.equal(received.length, 4);
    assert.deepEqual(received[3], received[0]);
  });

  it('is cancelled at a reset [contract of the sandbox: all data is deleted]', async () => {
    test.turn({ webhookUrl: url(), webhookRetryDelayMs: 10 });
    answers = [500];
    test.sandbox.ingest({ external_id: 'cus_old', paid_at: '2016-02-25', delayMs: 0 });
    await deliveries(1);
    test.turn({ webhookUrl: url() });
    test.sandbox.ingest({ external_id: 'cus_new', paid_at: '2016-02-25', delayMs: 40 }); // after the retry would be due
    await deliveries(2);
    assert.deepEqual(
      received.map((event) => Object(event).customer.external_id),
      ['cus_old', 'cus_new'],
    );
  });

  it('does not report leads, second payments and merges [help article 360017053460]', async () => {
    test.turn({ webhookUrl: url() });
    await test.payer('cus_1');
    const paid = await test.payer('cus_2', { paid_at: '2016-02-25' });
    await test.payer('cus_2', { paid_at: '2016-03-25' });
    await test.merge(paid, await test.lead('lead_1'));
    await test.payer('cus_3', { paid_at: '2016-02-25' });
    await deliveries(2);
    assert.deepEqual(
      received.map((event) => Object(event).customer.external_id),
      ['cus_2', 'cus_3'],
    );
  });
});
