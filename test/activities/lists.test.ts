import assert from 'node:assert/strict';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';

describe('the lists of ChartMogul', () => {
  let sandbox: Sandbox;
  let client: ChartMogulClient;
  before(async () => {
    sandbox = await startSandbox({ rateLimitPerSecond: 0 });
    client = new ChartMogulClient({ apiKey, url: sandbox.url });
    for (let lead = 0; lead < 201; lead += 1) {
      await client.createCustomer({
        data_source_uuid: sandbox.leadsSourceUuid,
        external_id: `lead_${lead}`,
        name: 'x',
      });
    }
  });
  after(() => sandbox.close());

  it('have 200 customers of a source on a page, and the others on the next', async () => {
    const first = await client.listCustomers(sandbox.leadsSourceUuid);
    const second = await client.listCustomers(sandbox.leadsSourceUuid, { cursor: first.next });

    assert.deepEqual([first.entries.length, second.entries.length, second.next], [200, 1, undefined]);
    const ids = [...first.entries, ...second.entries].map(({ external_id }) => external_id);
    assert.equal(new Set(ids).size, 201);
  });

  it('have fewer on a page if fewer are asked for, and none of another source', async () => {
    assert.equal((await client.listCustomers(sandbox.leadsSourceUuid, { perPage: 3 })).entries.length, 3);
    assert.deepEqual(await client.listCustomers(sandbox.billingSourceUuid), { entries: [] });
  });

  it('show whose invoice has which line items', async () => {
    const [lead] = (await client.listCustomers(sandbox.leadsSourceUuid, { perPage: 1 })).entries;
    const item = {
      ...{ type: 'trial', subscription_external_id: 'sub_1', plan_uuid: 'pl_1' },
      ...{ service_period_start: '2016-02-10T00:00:00Z', service_period_end: '2016-02-24T00:00:00Z' },
    };
    const invoice = { external_id: 'inv_1', date: '2016-02-10T00:00:00Z', currency: 'USD', line_items: [item] };
    const answer = await fetch(`${sandbox.url}/v1/import/customers/${lead?.uuid}/invoices`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ invoices: [invoice] }),
    });
    assert.equal(answer.status, 201);

    const { entries, next } = await client.listInvoices();

    assert.deepEqual([entries, next], [[{ customer_uuid: lead?.uuid, line_items: [{ type: 'trial' }] }], undefined]);
  });
});
