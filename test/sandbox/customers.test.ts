import assert from 'node:assert/strict';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Customer } = ChartMogul;

describe('customers in the sandbox', () => {
  const test = new Sandboxed();

  it('are created with the recorded keys, types and defaults [recorded 2025-03-14, ruby client]', async () => {
    const source = test.sandbox.leadsSourceUuid;
    const body = { data_source_uuid: source, external_id: 'lead_0001', name: 'Test Customer' };
    const { status, json } = await test.raw('POST', '/v1/customers', { body });
    assert.equal(status, 201);
    const { id, uuid, ...rest } = Object(json());
    assert.ok(Number.isInteger(id) && id > 0 && id < 2 ** 32);
    assert.match(uuid, /^cus_[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    assert.deepEqual(rest, {
      external_id: 'lead_0001',
      name: 'Test Customer',
      email: '',
      status: 'New Lead',
      'customer-since': null,
      attributes: { custom: {}, stripe: {}, tags: [] },
      data_source_uuid: source,
      data_source_uuids: [source],
      external_ids: ['lead_0001'],
      company: '',
      country: null,
      state: null,
      city: null,
      zip: null,
      lead_created_at: null,
      free_trial_started_at: null,
      address: { country: null, state: null, city: null, address_zip: null },
      mrr: 0,
      arr: 0,
      'billing-system-url': null,
      'chartmogul-url': `https://app.chartmogul.com/#/customers/${id}-Test_Customer`,
      'billing-system-type': 'Custom',
      currency: 'USD',
      'currency-sign': '$',
      owner: null,
      website_url: null,
    });
  });

  it('are known by source and external id: a duplicate is a 422 in shape B [go client: IsAlreadyExists]', async () => {
    await test.lead('lead_1');
    const errors = { external_id: 'The external ID for this customer already exists in our system.' };
    assert.deepEqual(await refusalOf(test.lead('lead_1')), { status: 422, body: { errors } });
  });

  it('may have the external id of another source [recorded 2023-10-29, ruby client]', async () => {
    await test.lead('same');
    const other = await ChartMogul.DataSource.create(test.config, { name: 'Other' });
    await Customer.create(test.config, { data_source_uuid: other.uuid, external_id: 'same' });
    const { entries } = await Customer.all(test.config, { external_id: 'same' });
    assert.equal(entries.length, 2);
  });

  it('require a data source and an external id of at most 255 characters [documented: customers/add]', async () => {
    const source = test.sandbox.leadsSourceUuid;
    const refused = async (body: object) => Object((await refusalOf(Customer.create(test.config, body))).body);
    assert.equal((await refused({ external_id: 'x' })).message, 'Parameter "data_source_uuid" is missing');
    assert.equal((await refused({ data_source_uuid: source })).message, 'Parameter "external_id" is missing');
    assert.equal((await refused({ data_source_uuid: source, external_id: 'x'.repeat(256) })).param, 'external_id');
    assert.equal((await test.lead('x'.repeat(255))).external_id.length, 255);
  });

  it('require a name only by the knob nameRequired [n8n node and MCP server: not required; older clients: required]', async () => {
    const create = () =>
      Customer.create(test.config, { data_source_uuid: test.sandbox.leadsSourceUuid, external_id: 'x' });
    assert.equal((await create()).name, '');
    test.turn({ nameRequired: true });
    assert.equal(Object((await refusalOf(create())).body).message, 'Parameter "name" is missing');
  });

  it('cannot be created in an unknown source [open: knob unknownSource]', async () => {
    const create = () => Customer.create(test.config, { data_source_uuid: 'ds_unknown', external_id: 'x' });
    assert.equal((await refusalOf(create())).status, 422);
    test.turn({ unknownSource: '404' });
    assert.deepEqual(await refusalOf(create()), { status: 404, body: { error: 'Data source not found' } });
  });

  it('show the full names of country and state, and no state outside the US [recorded 2023-10-29, ruby client]', async () => {
    const home = await test.lead('lead_1', { country: 'US', state: 'US-CA', city: 'Mountain View', zip: '12345' });
    assert.deepEqual([home.country, home.state], ['US', 'CA']);
    const address = { country: 'United States', state: 'California', city: 'Mountain View', address_zip: '12345' };
    assert.deepEqual(home.address, address);
    const abroad = await test.lead('lead_2', { country: 'DE', state: 'NY' });
    assert.deepEqual([abroad.country, abroad.state, abroad.address.country], ['DE', null, 'Germany']);
  });

  it('take a lead status with a space, and no subscriber status [documented: help article 212811009]', async () => {
    assert.equal((await test.lead('lead_1', { status: 'Working Lead' })).status, 'Working Lead');
    assert.equal((await refusalOf(test.lead('lead_2', { status: 'Active' }))).status, 422);
  });

  it('ignore an owner who is not a user, without an error [recorded 2023-10-29, ruby client]', async () => {
    const { uuid, owner } = await test.lead('lead_1', { owner: 'owner@example.com' });
    assert.equal(owner, 'owner@example.com');
    const changed = await Customer.modify(test.config, uuid, { owner: 'stranger@example.com', company: 'Acme' });
    assert.deepEqual([changed.owner, changed.company], ['owner@example.com', 'Acme']);
  });

  it('take tags and a typed array of custom attributes [documented: customers/add]', async () => {
    const custom = [
      { type: 'String', key: 'channel', value: 'Facebook', source: 'integration' },
      { type: 'Integer', key: 'age', value: 8 },
      { type: 'Decimal', key: 'ratio', value: 0.5 },
      { type: 'Timestamp', key: 'convertedAt', value: '2015-09-08 00:00:00' },
      { type: 'Boolean', key: 'pro', value: false },
    ];
    const { attributes } = await test.lead('lead_1', { attributes: { tags: ['important', 'Prio1'], custom } });
    assert.deepEqual(attributes.tags, ['important', 'Prio1']);
    assert.deepEqual(attributes.custom, {
      ...{ channel: 'Facebook', age: 8, ratio: 0.5, convertedAt: '2015-09-08T00:00:00.000Z', pro: false },
    });
  });

  it('keep fields that a PATCH omits, and are returned in full [recorded 2023-10-29, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1', { company: 'Curry 36', lead_created_at: '2016-01-05T00:00:00Z' });
    const changed = await Customer.modify(test.config, uuid, { name: 'Currywurst', email: 'curry@wurst.com' });
    assert.deepEqual([changed.name, changed.email, changed.company], ['Currywurst', 'curry@wurst.com', 'Curry 36']);
    assert.equal(changed.lead_created_at, '2016-01-05T00:00:00.000Z');
    assert.deepEqual(await test.retrieve(uuid), changed);
  });

  it('tolerate external_id and data_source_uuid in a PATCH, unchanged [recorded 2023-10-29, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const body = { external_id: 'other', data_source_uuid: 'ds_other', name: 'New' };
    const changed = await Customer.modify(test.config, uuid, body);
    assert.deepEqual([changed.external_id, changed.name], ['lead_1', 'New']);
    assert.equal(changed.data_source_uuid, test.sandbox.leadsSourceUuid);
  });

  it('take custom attributes as a map in a PATCH, values bare or with their source [documented: customers/update]', async () => {
    const { uuid } = await test.lead('lead_1', {
      attributes: { custom: [{ type: 'String', key: 'kept', value: 'x' }] },
    });
    const custom = { CAC: 25, channel: { value: 'Twitter', source: 'x' } };
    const changed = await Customer.modify(test.config, uuid, { attributes: { tags: ['wurst'], custom } });
    assert.deepEqual(changed.attributes.custom, { kept: 'x', CAC: 25, channel: 'Twitter' });
    assert.deepEqual(changed.attributes.tags, ['wurst']);
  });

  it('are never null where the Python client forbids it [executed: python client]', async () => {
    const { uuid } = await test.lead('lead_1', { name: null, email: null, company: null });
    const changed = await Customer.modify(test.config, uuid, { name: null, email: null, company: null });
    for (const key of ['name', 'email', 'company', 'status', 'currency', 'chartmogul-url', 'billing-system-type']) {
      assert.equal(typeof Object(changed)[key], 'string', key);
    }
  });

  it('are not changed by a rejected PATCH [inferred: one request, one effect]', async () => {
    const before = await test.lead('lead_1');
    const refusal = await refusalOf(
      Customer.modify(test.config, before.uuid, { name: 'New', lead_created_at: 'soon' }),
    );
    assert.equal(refusal.status, 400);
    assert.deepEqual(await test.retrieve(before.uuid), before);
  });

  it('are deleted with 204, and their external id is free again [recorded 2023-10-29, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const { status, text } = await test.raw('DELETE', `/v1/customers/${uuid}`);
    assert.deepEqual([status, text], [204, '']);
    assert.equal((await refusalOf(test.retrieve(uuid))).status, 404);
    assert.notEqual((await test.lead('lead_1')).uuid, uuid);
  });

  it('that are unknown are 404 in shape A for every operation [shape: recorded 2023-10-30, ruby client]', async () => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const { status, json } = await test.raw(
        method,
        '/v1/customers/cus_unknown',
        method === 'PATCH' ? { body: {} } : {},
      );
      assert.equal(status, 404, method);
      assert.equal(Object(json()).code, 404);
    }
  });
});
