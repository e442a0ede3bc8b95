import assert from 'node:assert/strict';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import { Sandboxed } from './sandboxed.js';

describe('our own client against the sandbox', () => {
  const test = new Sandboxed();
  const client = () => new ChartMogulClient({ apiKey: 'sandbox-key', url: test.sandbox.url });

  it('follows the tutorial: create, date, find, merge, verify', async () => {
    const { leadsSourceUuid, billingSourceUuid } = test.sandbox;
    const dates = { lead_created_at: '2016-01-05T00:00:00Z' };
    const ids = { data_source_uuid: leadsSourceUuid, external_id: 'lead_1' };
    const lead = await client().createCustomer({ ...ids, name: 'Adam Smith', ...dates });
    await client().updateCustomer(lead.uuid, { ...dates, free_trial_started_at: '2016-02-10T00:00:00Z' });
    test.sandbox.ingest({ external_id: 'cus_1', paid_at: '2016-02-25', afterLookups: 2 });
    assert.deepEqual(await client().findCustomers(billingSourceUuid, 'cus_1'), []);
    const [payer] = await client().findCustomers(billingSourceUuid, 'cus_1');
    assert.ok(payer);
    await client().mergeCustomers(lead.uuid, payer.uuid);
    const survivor = await client().retrieveCustomer(payer.uuid);
    assert.deepEqual([survivor.status, survivor.external_ids], ['Active', ['lead_1', 'cus_1']]);
    assert.equal(survivor.lead_created_at, null); // the reason why the journey restores the dates
  });

  it('creates the data source, and finds it again', async () => {
    const { uuid } = await client().createDataSource('App leads');
    assert.ok((await client().listDataSources()).some((source) => source.uuid === uuid));
  });

  it('distinguishes the errors', async () => {
    const lead = { data_source_uuid: test.sandbox.leadsSourceUuid, external_id: 'lead_1', name: 'Adam' };
    await client().createCustomer(lead);
    await assert.rejects(client().createCustomer(lead), { kind: 'already-exists', status: 422 });
    await assert.rejects(client().retrieveCustomer('cus_unknown'), { kind: 'not-found', status: 404 });
    const stranger = new ChartMogulClient({ apiKey: 'wrong', url: test.sandbox.url });
    await assert.rejects(stranger.listDataSources(), { kind: 'unauthorized', status: 401 });
    const kinds = [
      [429, 'rate-limited'],
      [503, 'rate-limited'],
      [500, 'unavailable'],
      ['garbage', 'unavailable'],
      ['drop_answer', 'unavailable'],
      ['reset', 'unavailable'],
      [403, 'unauthorized'],
      [422, 'refused'],
    ] as const;
    for (const [status, kind] of kinds) {
      test.sandbox.fault({ route: 'GET /v1/data_sources', status });
      await assert.rejects(client().listDataSources(), { kind }, String(status));
    }
  });

  it('reads the Retry-After of a rate limit', async () => {
    test.sandbox.fault({ route: 'GET /v1/data_sources', status: 429, retryAfter: 7 });
    await assert.rejects(client().listDataSources(), { kind: 'rate-limited', retryAfterMs: 7_000 });
  });
});
