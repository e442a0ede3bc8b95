import assert from 'node:assert/strict';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Contact, Customer } = ChartMogul;

describe('contacts in the sandbox', () => {
  const test = new Sandboxed();

  const contact = async (fields: object = {}) => {
    const [lead] = await test.find(test.sandbox.leadsSourceUuid, 'lead_1');
    const customer = lead ?? (await test.lead('lead_1'));
    const ids = { customer_uuid: customer.uuid, data_source_uuid: test.sandbox.leadsSourceUuid };
    return Contact.create(test.config, { ...ids, ...fields });
  };

  it('are created with the recorded keys [recorded 2023-10-29, ruby client]', async () => {
    const { uuid: customerUuid } = await test.lead('lead_1');
    const source = test.sandbox.leadsSourceUuid;
    const body = {
      customer_uuid: customerUuid,
      data_source_uuid: source,
      email: 'contact@example.com',
      external_id: 'c1',
    };
    const { status, json } = await test.raw('POST', '/v1/contacts', { body });
    assert.equal(status, 201);
    const { uuid, ...rest } = Object(json());
    assert.match(uuid, /^con_/);
    const ids = {
      customer_uuid: customerUuid,
      customer_external_id: 'lead_1',
      data_source_uuid: source,
      external_id: 'c1',
    };
    const empty = { first_name: null, last_name: null, title: null, phone: null, linked_in: null, twitter: null };
    assert.deepEqual(rest, { ...ids, position: 1, ...empty, email: 'contact@example.com', notes: null, custom: {} });
  });

  it('have an external_id only after it was set, even to null [recorded 2023-10-29, ruby client]', async () => {
    assert.equal('external_id' in (await contact()), false);
    assert.equal((await contact({ external_id: null })).external_id, null);
  });

  it('can be created under their customer, at the next position [recorded 2023-10-30, ruby client]', async () => {
    const first = await contact();
    const second = await Customer.createContact(test.config, String(first.customer_uuid), { last_name: 'Smith' });
    assert.deepEqual([second.position, second.last_name], [2, 'Smith']);
    assert.equal(second.customer_uuid, first.customer_uuid);
  });

  it('require a customer and a data source [documented: contacts/add]', async () => {
    const { uuid } = await test.lead('lead_1');
    const create = async (body: object) => refusalOf(Contact.create(test.config, body));
    assert.equal(Object((await create({ data_source_uuid: 'x' })).body).param, 'customer_uuid');
    assert.equal(Object((await create({ customer_uuid: uuid })).body).param, 'data_source_uuid');
    const unknown = { customer_uuid: 'cus_unknown', data_source_uuid: test.sandbox.leadsSourceUuid };
    assert.equal((await create(unknown)).status, 404);
  });

  it('take custom fields as key and value [recorded 2023-08-25, go client]', async () => {
    const custom = [{ key: 'Facebook', value: 'https://www.facebook.com/adam.smith' }];
    assert.deepEqual(Object(await contact({ custom })).custom, { Facebook: 'https://www.facebook.com/adam.smith' });
  });

  it('are listed newest first, with cursors [recorded 2023-10-29, ruby client]', async () => {
    const [old, young] = [await contact({ last_name: 'Old' }), await contact({ last_name: 'Young' })];
    const first = await Contact.all(test.config, { per_page: 1 });
    assert.deepEqual(Object.keys(first), ['entries', 'cursor', 'has_more']);
    assert.deepEqual([first.entries[0]?.uuid, first.has_more], [young.uuid, true]);
    const second = await Contact.all(test.config, { per_page: 1, cursor: String(first.cursor) });
    assert.deepEqual([second.entries[0]?.uuid, second.has_more], [old.uuid, false]);
  });

  it('are listed by customer and by data source [recorded 2023-10-30, ruby client; 2023-08-25, go client]', async () => {
    const mine = await contact();
    const other = await test.lead('lead_2');
    const uuids = async (query: object) => (await Contact.all(test.config, query)).entries.map(({ uuid }) => uuid);
    assert.deepEqual(await uuids({ customer_uuid: mine.customer_uuid }), [mine.uuid]);
    assert.deepEqual(await uuids({ customer_uuid: other.uuid }), []);
    assert.deepEqual(await uuids({ data_source_uuid: test.sandbox.billingSourceUuid }), []);
    assert.equal((await Customer.contacts(test.config, String(mine.customer_uuid))).entries.length, 1);
  });

  it('are changed by a PATCH that leaves the rest alone [recorded 2023-10-29, ruby client]', async () => {
    const { uuid } = await contact({ email: 'contact@example.com', external_id: 'c1' });
    const changed = await Contact.modify(test.config, uuid, { first_name: 'Foo', position: 9, external_id: null });
    const { first_name, email, position, external_id } = changed;
    assert.deepEqual([first_name, email, position, external_id], ['Foo', 'contact@example.com', 9, null]);
    assert.deepEqual(await Contact.retrieve(test.config, uuid), changed);
  });

  it('are deleted with 200 and an empty object [recorded 2023-10-29, ruby client]', async () => {
    const { uuid } = await contact();
    const { status, json } = await test.raw('DELETE', `/v1/contacts/${uuid}`);
    assert.deepEqual([status, json()], [200, {}]);
    assert.equal((await refusalOf(Contact.retrieve(test.config, uuid))).status, 404);
  });

  it('are merged: the target gets missing fields, the source is deleted [recorded 2023-08-25, go client]', async () => {
    const into = await contact({ first_name: 'Bill', notes: 'Body' });
    const from = await contact({ first_name: 'William', last_name: 'Thompson', notes: 'merged' });
    const merged = await Contact.merge(test.config, into.uuid, from.uuid);
    assert.deepEqual([merged.uuid, merged.first_name, merged.last_name], [into.uuid, 'Bill', 'Thompson']);
    assert.equal(merged.notes, 'Body\nmerged');
    assert.equal((await refusalOf(Contact.retrieve(test.config, from.uuid))).status, 404);
  });

  it('have customer_uuid null only in the answer to a merge [recorded 2023-08-25 and 2023-10-29]', async () => {
    const [into, from] = [await contact(), await contact()];
    assert.equal((await Contact.merge(test.config, into.uuid, from.uuid)).customer_uuid, null);
    assert.equal((await Contact.retrieve(test.config, into.uuid)).customer_uuid, into.customer_uuid);
  });
});
