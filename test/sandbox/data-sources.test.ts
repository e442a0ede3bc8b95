import assert from 'node:assert/strict';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { DataSource } = ChartMogul;

describe('data sources in the sandbox', () => {
  const test = new Sandboxed();

  it('are created with the recorded keys [recorded 2025-12-02, ruby client]', async () => {
    const source = await DataSource.create(test.config, { name: 'PayPal' });
    assert.deepEqual(Object.keys(source), ['uuid', 'name', 'system', 'created_at', 'status']);
    assert.match(source.uuid, /^ds_[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    assert.deepEqual([source.name, source.system, source.status], ['PayPal', 'Custom', 'idle']);
    assert.match(source.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('"Leads" and "Stripe" exist after a reset, with the uuids it returned [contract of the sandbox]', async () => {
    const { data_sources } = await DataSource.all(test.config);
    assert.deepEqual(
      data_sources.map(({ uuid, name, system }) => [uuid, name, system]),
      [
        [test.sandbox.leadsSourceUuid, 'Leads', 'Custom'],
        [test.sandbox.billingSourceUuid, 'Stripe', 'Stripe'],
      ],
    );
  });

  it('are filtered by exact name and by system [documented: official MCP server]', async () => {
    const names = async (query: object) =>
      (await DataSource.all(test.config, query)).data_sources.map(({ name }) => name);
    assert.deepEqual(await names({ name: 'Leads' }), ['Leads']);
    assert.deepEqual(await names({ name: 'leads' }), []);
    assert.deepEqual(await names({ system: 'Stripe' }), ['Stripe']);
    assert.deepEqual(await names({ system: 'stripe' }), []);
  });

  it('are retrieved by uuid [recorded 2025-12-02, ruby client]', async () => {
    const source = await DataSource.retrieve(test.config, test.sandbox.leadsSourceUuid);
    assert.equal(source.name, 'Leads');
  });

  it('show their settings on request [recorded 2025-12-02, ruby client]', async () => {
    const query = {
      with_processing_status: true,
      with_auto_churn_subscription_setting: true,
      with_invoice_handling_setting: true,
    };
    const source = await DataSource.retrieve(test.config, test.sandbox.leadsSourceUuid, query);
    assert.deepEqual(Object.keys(Object(source.processing_status)), ['processed', 'failed', 'pending']);
    assert.deepEqual(Object.keys(Object(source.auto_churn_subscription_setting)), ['enabled', 'interval']);
    assert.deepEqual(Object.keys(Object(source.invoice_handling_setting)), ['manual', 'automatic']);
  });

  it('are unknown in shape C [recorded 2016, ruby client]', async () => {
    const refusal = await refusalOf(DataSource.retrieve(test.config, 'ds_unknown'));
    assert.deepEqual(refusal, { status: 404, body: { error: 'Data source not found' } });
  });

  it('need a name: 400 in shape A if the key is missing [recorded, python client: delete_invoice]', async () => {
    const refusal = await refusalOf(DataSource.create(test.config, {}));
    assert.deepEqual(refusal, {
      status: 400,
      body: { code: 400, message: 'Parameter "name" is missing', param: 'name' },
    });
  });

  it('need a name: 422 in shape B if it is null or empty [recorded 2016, ruby client]', async () => {
    for (const name of [null, '']) {
      const refusal = await refusalOf(DataSource.create(test.config, { name }));
      assert.deepEqual(refusal, {
        status: 422,
        body: { errors: { name: 'A name is required for each data source.' } },
      });
    }
  });

  it('have unique names [documented: README of the python client]', async () => {
    const refusal = await refusalOf(DataSource.create(test.config, { name: 'Leads' }));
    assert.deepEqual(refusal, { status: 422, body: { errors: { name: 'Has already been taken.' } } });
  });

  it('are deleted with 204, together with their customers [recorded 2025-12-02, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const path = `/v1/data_sources/${test.sandbox.leadsSourceUuid}`;
    const { status, text } = await test.raw('DELETE', path);
    assert.deepEqual([status, text], [204, '']);
    assert.equal((await DataSource.all(test.config, { name: 'Leads' })).data_sources.length, 0);
    assert.equal((await refusalOf(test.retrieve(uuid))).status, 404);
  });

  it('leave a merged record to the other sources when one is deleted [inferred: a record holds its source customers]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1')];
    await test.merge(lead, payer);
    await DataSource.destroy(test.config, test.sandbox.leadsSourceUuid);
    assert.deepEqual((await test.retrieve(payer.uuid)).external_ids, ['cus_1']);
  });
});
