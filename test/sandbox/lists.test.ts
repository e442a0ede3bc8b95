import assert from 'node:assert/strict';
import { ChartMogul, type CustomerAnswer, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Customer } = ChartMogul;

describe('lists of customers in the sandbox', () => {
  const test = new Sandboxed();

  it('are 200 without entries and with a null cursor if nothing matches [recorded 2023-10-29, ruby client]', async () => {
    const list = await Customer.all(test.config, { external_id: 'unknown' });
    const numbers = { current_page: 1, total_pages: 1, has_more: false, per_page: 200, page: 1 };
    assert.deepEqual(list, { entries: [], ...numbers, cursor: null });
  });

  it('have the old page numbers on the first page only [recorded 2023-10-30, ruby client]', async () => {
    for (const id of ['a', 'b', 'c']) await test.lead(id);
    const first = await Customer.all(test.config, { per_page: 1 });
    assert.deepEqual(Object.keys(first).sort(), [
      ...['current_page', 'cursor', 'entries', 'has_more', 'page', 'per_page', 'total_pages'],
    ]);
    assert.equal(Object(first).total_pages, 3);
    const second = await Customer.all(test.config, { per_page: 1, cursor: first.cursor });
    assert.deepEqual(Object.keys(second).sort(), ['cursor', 'entries', 'has_more']);
  });

  it('end with a page that still has a cursor, and has_more false [recorded 2023-10-29, ruby client]', async () => {
    await test.lead('a');
    const { cursor, has_more } = await Customer.all(test.config, {});
    assert.equal(has_more, false);
    assert.equal(typeof cursor, 'string');
  });

  it('have base64 cursors of customer-since and the id [decoded from recordings of 2023, ruby client]', async () => {
    const decoded = async (query: object) =>
      Buffer.from(String((await Customer.all(test.config, query)).cursor), 'base64').toString();
    const lead = await test.lead('a');
    assert.equal(await decoded({ external_id: 'a' }), `&${lead.id}`);
    const payer = await test.payer('cus_1', { paid_at: '2016-01-01T12:00:00Z' });
    assert.equal(await decoded({ external_id: 'cus_1' }), `2016-01-01T12:00:00.000000000Z&${payer.id}`);
  });

  it('refuse page with the text the Python client expects [mock in the official test of the python client]', async () => {
    for (const path of ['/v1/customers', '/v1/customers/search', '/v1/contacts', '/v1/data_sources']) {
      const { status, json } = await test.raw('GET', `${path}?email=a@example.com&page=2`);
      assert.equal(status, 400, path);
      assert.deepEqual(json(), { code: 400, message: 'Parameter "page" is deprecated', param: 'page' });
    }
  });

  it('show each of 450 customers once, paged by 200 while 50 more come [the real one pages by cursor]', async () => {
    for (let number = 0; number < 450; number++) await test.lead(`lead_${number}`);
    const seen: string[] = [];
    let added = 450;
    let page = await Customer.all(test.config, { per_page: 200 });
    seen.push(...page.entries.map((customer) => customer.external_id));
    while (page.has_more) {
      if (added < 500) for (let end = added + 25; added < end; added++) await test.lead(`lead_${added}`);
      page = await Customer.all(test.config, { per_page: 200, cursor: String(page.cursor) });
      seen.push(...page.entries.map((customer) => customer.external_id));
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(
      seen.slice(0, 450),
      Array.from({ length: 450 }, (_, number) => `lead_${number}`),
    );
    assert.equal(seen.length, 500);
  });

  it('keep a customer who becomes Active between two pages [the real one pages by cursor]', async () => {
    for (const id of ['a', 'b', 'c']) await test.payer(id);
    const first = await Customer.all(test.config, { per_page: 1 });
    await test.payer('c', { paid_at: '2010-01-01' });
    const rest = await Customer.all(test.config, { cursor: String(first.cursor) });
    assert.deepEqual(
      [...first.entries, ...rest.entries].map((customer) => customer.external_id),
      ['a', 'b', 'c'],
    );
  });

  it('have at most 200 entries a page [n8n node, customer/list]', async () => {
    const { per_page } = Object(await Customer.all(test.config, { per_page: 1_000 }));
    assert.equal(per_page, 200);
  });

  it('reject an invalid cursor and page size [open: our choice]', async () => {
    const queries = [{ cursor: 'nonsense' }, { per_page: '0' }, { per_page: '-1' }, { per_page: 'x' }];
    for (const query of queries) assert.equal((await refusalOf(Customer.all(test.config, query))).status, 400);
  });

  it('are filtered by source, system and status, which has underscores here [n8n node, customer/list]', async () => {
    await test.lead('lead_1', { status: 'Working Lead' });
    await test.lead('lead_2');
    await test.payer('cus_1', { paid_at: '2016-01-01' });
    const ids = async (query: object) => idsOf((await Customer.all(test.config, query)).entries);
    assert.deepEqual(await ids({ status: 'New_Lead' }), ['lead_2']);
    assert.deepEqual(await ids({ status: 'Working_Lead' }), ['lead_1']);
    assert.deepEqual(await ids({ status: 'Active' }), ['cus_1']);
    assert.deepEqual(await ids({ status: 'Past_Due' }), []);
    assert.deepEqual(await ids({ system: 'Stripe' }), ['cus_1']);
    assert.deepEqual(await ids({ data_source_uuid: test.sandbox.leadsSourceUuid }), ['lead_1', 'lead_2']);
    assert.deepEqual(await ids({ data_source_uuid: test.sandbox.leadsSourceUuid, external_id: 'cus_1' }), []);
    assert.equal((await refusalOf(ids({ status: 'New Lead' }))).status, 400);
  });

  it('search by e-mail: the list, with total_pages null [recorded 2023-10-30, ruby client]', async () => {
    await test.lead('lead_1', { email: 'adam+1@example.com' });
    const list = await Customer.search(test.config, { email: 'adam+1@example.com' });
    assert.deepEqual(idsOf(list.entries), ['lead_1']);
    assert.equal(Object(list).total_pages, null);
  });

  it('search by e-mail: 404 if there is no match [recorded 2023-10-30, ruby client]', async () => {
    const body = { code: 404, message: `Can't find any customers with email: "no@email.com"`, param: 'email' };
    assert.deepEqual(await refusalOf(Customer.search(test.config, { email: 'no@email.com' })), { status: 404, body });
  });

  it('search by e-mail: page by page [recorded 2023-08-25, go client]', async () => {
    for (const id of ['a', 'b']) await test.lead(id, { email: 'same@example.com' });
    const first = await Customer.search(test.config, { email: 'same@example.com', per_page: 1 });
    assert.equal(first.has_more, true);
    const query = { email: 'same@example.com', per_page: 1, cursor: String(first.cursor) };
    const second = await Customer.search(test.config, query);
    assert.deepEqual([idsOf(second.entries), second.has_more], [['b'], false]);
    const beyond = await Customer.search(test.config, { ...query, cursor: String(second.cursor) });
    assert.deepEqual([beyond.entries, beyond.cursor], [[], null]);
  });

  it('search by the e-mail of a contact on request [n8n node: with_associated_emails]', async () => {
    const { uuid } = await test.lead('lead_1');
    await Customer.createContact(test.config, uuid, { email: 'eve@example.com' });
    const search = (query: object) => Customer.search(test.config, { email: 'eve@example.com', ...query });
    assert.equal((await refusalOf(search({}))).status, 404);
    assert.deepEqual(idsOf((await search({ with_associated_emails: true })).entries), ['lead_1']);
  });
});

function idsOf(entries: CustomerAnswer[]): string[] {
  return entries.map(({ external_id }) => external_id);
}
