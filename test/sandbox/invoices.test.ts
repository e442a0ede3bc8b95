import assert from 'node:assert/strict';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Invoice } = ChartMogul;

describe('the import of invoices in the sandbox', () => {
  const test = new Sandboxed();

  const invoice = (fields: object = {}, item: object = {}) => ({
    external_id: 'inv_1',
    date: '2016-01-01 12:00:00 UTC',
    currency: 'USD',
    line_items: [
      {
        type: 'subscription',
        subscription_external_id: 'sub_1',
        plan_uuid: 'pl_1',
        service_period_start: '2016-01-01 12:00:00 UTC',
        service_period_end: '2016-02-01 12:00:00 UTC',
        amount_in_cents: 1000,
        ...item,
      },
    ],
    transactions: [{ date: '2016-01-01 12:00:00 UTC', type: 'payment', result: 'successful' }],
    ...fields,
  });

  it('makes a lead Active, with customer-since and MRR [recorded 2023-10-29; help article 212811009]', async () => {
    const { uuid } = await test.lead('lead_1');
    await Invoice.create(test.config, uuid, { invoices: [invoice()] });
    const customer = await test.retrieve(uuid);
    assert.deepEqual([customer.status, customer['customer-since']], ['Active', '2016-01-01T12:00:00+00:00']);
    assert.deepEqual([customer.mrr, customer.arr], [1000, 12_000]);
  });

  it('answers with uuids, normalised dates and empty errors [recorded 2023-10-30, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const body = { invoices: [invoice()] };
    const { status, json } = await test.raw('POST', `/v1/import/customers/${uuid}/invoices`, { body });
    assert.equal(status, 201);
    const [answer] = Object(json()).invoices;
    assert.match(answer.uuid, /^inv_/);
    assert.deepEqual([answer.date, answer.due_date, answer.errors], ['2016-01-01T12:00:00.000Z', null, {}]);
    assert.match(answer.line_items[0].uuid, /^li_/);
    assert.match(answer.line_items[0].subscription_uuid, /^sub_/);
    assert.match(answer.transactions[0].uuid, /^tr_/);
  });

  it('is listed by customer [recorded 2023-10-30, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const { invoices } = await Invoice.create(test.config, uuid, { invoices: [invoice()] });
    const list = await Invoice.all(test.config, uuid, {});
    assert.equal(list.customer_uuid, uuid);
    assert.deepEqual(list.invoices, invoices);
  });

  it('is listed among those of all customers, with the customer [official clients]', async () => {
    const [one, other] = [await test.lead('lead_1'), await test.lead('lead_2')];
    const trial = { type: 'trial', amount_in_cents: 0 };
    await Invoice.create(test.config, one.uuid, { invoices: [invoice()] });
    await Invoice.create(test.config, other.uuid, { invoices: [invoice({ external_id: 'inv_2' }, trial)] });
    const { invoices, has_more: hasMore } = await Invoice.allAny(test.config, {});
    assert.deepEqual(
      invoices.map((listed) => [listed.customer_uuid, listed.line_items.map(({ type }) => type)]),
      [
        [one.uuid, ['subscription']],
        [other.uuid, ['trial']],
      ],
    );
    assert.equal(hasMore, false);
    const filtered = await Invoice.allAny(test.config, { customer_uuid: other.uuid });
    assert.equal(filtered.invoices.length, 1);
  });

  it('requires the source customer for a merged record [the tutorial; pull request 42, ruby client]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1')];
    await test.merge(lead, payer);
    const refusal = await refusalOf(Invoice.create(test.config, payer.uuid, { invoices: [invoice()] }));
    assert.equal(refusal.status, 422);
    assert.equal(Object(refusal.body).error_details[0].param, 'customer_external_id');
    const ids = { customer_external_id: 'lead_1', data_source_uuid: test.sandbox.leadsSourceUuid };
    await Invoice.create(test.config, payer.uuid, { invoices: [invoice(ids)] });
    assert.equal((await test.retrieve(payer.uuid)).status, 'Active');
  });

  it('moves with its source customer through a merge and an unmerge [help article 211358589]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1')];
    await Invoice.create(test.config, lead.uuid, { invoices: [invoice()] });
    await test.merge(lead, payer);
    assert.equal((await Invoice.all(test.config, payer.uuid, {})).invoices.length, 1);
    await test.unmerge(payer, test.sandbox.leadsSourceUuid, 'lead_1');
    const [alone] = await test.find(test.sandbox.leadsSourceUuid, 'lead_1');
    assert.equal((await Invoice.all(test.config, String(alone?.uuid), {})).invoices.length, 1);
    assert.equal((await Invoice.all(test.config, payer.uuid, {})).invoices.length, 0);
  });

  it('reports an unknown customer as an unknown invoice, in shape D [issue 119, python client]', async () => {
    const message = 'Invoice not found';
    const body = { error: message, error_details: [{ param: 'invoice', code: 'invalid', message }] };
    const call = Invoice.create(test.config, 'cus_unknown', { invoices: [invoice()] });
    assert.deepEqual(await refusalOf(call), { status: 404, body });
  });

  it('rejects a duplicate invoice, and imports none of the others [text: go client]', async () => {
    const { uuid } = await test.lead('lead_1');
    await Invoice.create(test.config, uuid, { invoices: [invoice()] });
    const both = { invoices: [invoice({ external_id: 'inv_2' }), invoice()] };
    const { status, body } = await refusalOf(Invoice.create(test.config, uuid, both));
    assert.equal(status, 422);
    assert.equal(Object(body).error, 'The external ID for this invoice already exists in our system.');
    assert.equal((await Invoice.all(test.config, uuid, {})).invoices.length, 1);
  });

  it('rejects an invalid invoice in shape D [shape: recorded 2023, ruby client, plan groups]', async () => {
    const { uuid } = await test.lead('lead_1');
    for (const wrong of [
      invoice({ currency: 'dollars' }),
      invoice({ date: 'soon' }),
      invoice({ external_id: null }),
      invoice({ line_items: [] }),
      invoice({}, { type: 'gift' }),
      invoice({}, { service_period_end: '2015-01-01' }),
      invoice({}, { amount_in_cents: '1000' }),
    ]) {
      const { status, body } = await refusalOf(Invoice.create(test.config, uuid, { invoices: [wrong] }));
      assert.equal(status, 422);
      assert.deepEqual(Object.keys(Object(body)), ['error', 'error_details']);
    }
    assert.equal((await test.retrieve(uuid)).status, 'New Lead');
  });

  it('does not make a customer Active for a trial or a free item [documented: help article 360002120279]', async () => {
    const { uuid } = await test.lead('lead_1');
    const trial = invoice({ external_id: 'inv_1' }, { type: 'trial', amount_in_cents: 0 });
    const free = invoice({ external_id: 'inv_2' }, { amount_in_cents: 0 });
    await Invoice.create(test.config, uuid, { invoices: [trial, free] });
    assert.equal((await test.retrieve(uuid)).status, 'New Lead');
  });

  it('makes a customer Cancelled once the subscription has ended [documented: help article 212811009]', async () => {
    const { uuid } = await test.lead('lead_1');
    await Invoice.create(test.config, uuid, { invoices: [invoice({}, { cancelled_at: '2016-01-20' })] });
    const customer = await test.retrieve(uuid);
    assert.deepEqual([customer.status, customer.mrr], ['Cancelled', 0]);
    assert.equal(customer['customer-since'], '2016-01-01T12:00:00+00:00');
  });

  it('supports plans for its line items [recorded 2023-10-30, ruby client]', async () => {
    const plan = {
      data_source_uuid: test.sandbox.leadsSourceUuid,
      name: 'Gold',
      interval_count: 1,
      interval_unit: 'month',
    };
    const { status, json } = await test.raw('POST', '/v1/plans', { body: plan });
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(Object(json())).sort(), [
      ...['data_source_uuid', 'external_id', 'interval_count', 'interval_unit', 'name', 'uuid'],
    ]);
  });
});
