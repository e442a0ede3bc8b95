import assert from 'node:assert/strict';
import { Sandboxed } from './sandboxed.js';

describe('activities in the sandbox', () => {
  const test = new Sandboxed();

  const list = async (query = ''): Promise<Record<string, unknown>[]> => {
    const { status, json } = await test.raw('GET', `/v1/activities${query}`);
    assert.equal(status, 200);
    return Object(json()).entries;
  };

  it('list new business with the recorded keys [recorded 2023-10-27, ruby client]', async () => {
    await test.lead('lead_1');
    const payer = await test.payer('cus_1', { paid_at: '2016-02-24T00:00:00Z' });
    const [activity, ...others] = await list();
    assert.equal(others.length, 0);
    const { uuid, ...rest } = Object(activity);
    assert.match(uuid, /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      ...{ description: 'purchased the Monthly plan', 'activity-mrr-movement': 1000, 'activity-mrr': 1000 },
      ...{ 'activity-arr': 12_000, date: '2016-02-24T00:00:00+00:00', type: 'new_biz', currency: 'USD' },
      ...{ 'subscription-external-id': 'sub_cus_1', 'subscription-set-external-id': null, 'plan-external-id': null },
      ...{ 'customer-name': '', 'customer-uuid': payer.uuid, 'customer-external-id': 'cus_1' },
      'billing-connector-uuid': test.sandbox.billingSourceUuid,
    });
  });

  it('are filtered by type and dates, and paged [documented: official MCP server]', async () => {
    for (const [number, day] of ['2016-01-01', '2016-02-01', '2016-03-01'].entries()) {
      await test.payer(`cus_${number}`, { paid_at: day });
    }
    const days = async (query: string) => (await list(query)).map(({ date }) => String(date).slice(0, 10));
    assert.deepEqual(await days('?type=new_biz'), ['2016-01-01', '2016-02-01', '2016-03-01']);
    assert.deepEqual(await days('?type=churn'), []);
    assert.deepEqual(await days('?start-date=2016-01-15&end-date=2016-02-15'), ['2016-02-01']);
    const { cursor, has_more } = Object((await test.raw('GET', '/v1/activities?per_page=2')).json());
    assert.equal(has_more, true);
    assert.deepEqual(await days(`?per_page=2&cursor=${encodeURIComponent(cursor)}`), ['2016-03-01']);
  });

  it('are ordered by date on request, in pages too [documented: official n8n node]', async () => {
    for (const [number, day] of ['2016-02-01', '2016-03-01', '2016-01-01'].entries()) {
      await test.payer(`cus_${number}`, { paid_at: day });
    }
    const days = async (query: string) => (await list(query)).map(({ date }) => String(date).slice(0, 10));
    assert.deepEqual(await days('?order=date'), ['2016-01-01', '2016-02-01', '2016-03-01']);
    assert.deepEqual(await days('?order=-date'), ['2016-03-01', '2016-02-01', '2016-01-01']);
    const { cursor } = Object((await test.raw('GET', '/v1/activities?order=-date&per_page=2')).json());
    assert.deepEqual(await days(`?order=-date&cursor=${encodeURIComponent(cursor)}`), ['2016-01-01']);
    assert.equal((await test.raw('GET', '/v1/activities?order=name')).status, 400);
  });

  it('of one customer have an id and a currency sign [recorded 2023-10-27, ruby client]', async () => {
    const payer = await test.payer('cus_1', { paid_at: '2016-02-24' });
    const { json } = await test.raw('GET', `/v1/customers/${payer.uuid}/activities`);
    const { entries, ...rest } = Object(json());
    assert.deepEqual(Object.keys(rest), ['has_more', 'per_page', 'page', 'cursor']);
    assert.ok(Number.isInteger(entries[0].id));
    assert.deepEqual([entries[0].type, entries[0]['currency-sign']], ['new_biz', '$']);
  });

  it('stay with the source customer through a merge [inferred: the movements are combined by date]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1', { paid_at: '2016-02-24' })];
    const [before] = await list();
    await test.merge(payer, lead);
    assert.deepEqual(await list(), [{ ...before, 'customer-uuid': lead.uuid, 'customer-name': 'Adam Smith' }]);
  });
});
