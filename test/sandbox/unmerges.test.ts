import assert from 'node:assert/strict';
import { ChartMogul, type CustomerAnswer, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Customer, CustomAttribute, Tag } = ChartMogul;

describe('unmerges in the sandbox', () => {
  const test = new Sandboxed();

  const merged = async (lead: object = {}) => {
    const [from, into] = [await test.lead('lead_1', lead), await test.payer('cus_1')];
    await test.merge(from, into);
    return { from, into: await test.retrieve(into.uuid) };
  };
  const split = async (into: CustomerAnswer): Promise<CustomerAnswer> => {
    await test.unmerge(into, test.sandbox.leadsSourceUuid, 'lead_1');
    const [alone] = await test.find(test.sandbox.leadsSourceUuid, 'lead_1');
    assert.ok(alone);
    return alone;
  };

  it('are accepted with 202 and an empty object [recorded 2024-10-16, ruby client]', async () => {
    const { into } = await merged();
    const ids = { data_source_uuid: test.sandbox.leadsSourceUuid, external_id: 'lead_1' };
    const body = { customer_uuid: into.uuid, ...ids, move_to_new_customer: [] };
    const { status, json } = await test.raw('POST', '/v1/customers/unmerges', { body });
    assert.deepEqual([status, json()], [202, {}]);
  });

  it('create a record with a new uuid for the source customer [documented: customers/unmerge]', async () => {
    const { from, into } = await merged();
    const alone = await split(into);
    assert.ok(![from.uuid, into.uuid].includes(alone.uuid));
    assert.deepEqual(alone.external_ids, ['lead_1']);
    assert.deepEqual((await test.retrieve(into.uuid)).external_ids, ['cus_1']);
  });

  it('take effect after the same delay as merges [documented: asynchronous]', async () => {
    test.turn({ mergeDelayMs: 60_000, mergeAfterReads: 1 });
    const { into } = await merged();
    await test.unmerge(into, test.sandbox.leadsSourceUuid, 'lead_1');
    assert.equal((await test.retrieve(into.uuid)).external_ids.length, 2);
  });

  it('keep the standard fields in both records [documented: customers/unmerge]', async () => {
    const { into } = await merged();
    const fields = { company: 'Acme', city: 'Berlin', website_url: 'https://acme.example', status: 'Qualified Lead' };
    const dates = { lead_created_at: '2016-01-05', free_trial_started_at: '2016-02-10' };
    await Customer.modify(test.config, into.uuid, { ...fields, ...dates, owner: 'owner@example.com' });
    const [alone, rest] = [await split(into), await test.retrieve(into.uuid)];
    const standard = ({ company, address, website_url, status, owner, lead_created_at }: CustomerAnswer) => ({
      company,
      address,
      website_url,
      status,
      owner,
      lead_created_at,
    });
    assert.deepEqual(standard(alone), standard(rest));
    assert.equal(alone.company, 'Acme');
    assert.equal(alone.free_trial_started_at, rest.free_trial_started_at);
  });

  it('give the split-off record its own dates back by the knob unmergeDates [documented: they do not]', async () => {
    const own = { lead_created_at: '2016-01-05T00:00:00.000Z', free_trial_started_at: '2016-02-10T00:00:00.000Z' };
    const later = { lead_created_at: '2016-03-01T00:00:00.000Z', free_trial_started_at: '2016-03-01T00:00:00.000Z' };
    const datesAfter = async () => {
      const { into } = await merged(own);
      await Customer.modify(test.config, into.uuid, later);
      const records = [await split(into), await test.retrieve(into.uuid)];
      return records.map(({ lead_created_at, free_trial_started_at }) => ({ lead_created_at, free_trial_started_at }));
    };
    assert.deepEqual(await datesAfter(), [later, later]);
    test.turn({ unmergeDates: 'restored' });
    assert.deepEqual(await datesAfter(), [own, later]);
  });

  it('restore tags and attributes to their original records [documented: customers/unmerge]', async () => {
    const lead = await test.lead('lead_1', { attributes: { tags: ['lead', 'shared'] } });
    const payer = await test.payer('cus_1');
    await CustomAttribute.update(test.config, lead.uuid, { custom: { own: 1, both: 'lead' } });
    await Tag.add(test.config, payer.uuid, { tags: ['shared', 'payer'] });
    await CustomAttribute.update(test.config, payer.uuid, { custom: { both: 'payer' } });
    await test.merge(lead, payer);
    const alone = await split(await test.retrieve(payer.uuid));
    assert.deepEqual(alone.attributes, { custom: { own: 1, both: 'lead' }, stripe: {}, tags: ['lead', 'shared'] });
    const rest = (await test.retrieve(payer.uuid)).attributes;
    assert.deepEqual(rest, { custom: { both: 'payer' }, stripe: {}, tags: ['shared', 'payer'] });
  });

  it('of the primary restore the attributes that it had hidden [documented: customers/unmerge]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1')];
    await CustomAttribute.update(test.config, lead.uuid, { custom: { both: 'lead' } });
    await CustomAttribute.update(test.config, payer.uuid, { custom: { both: 'payer' } });
    await test.merge(lead, payer);
    await test.unmerge(payer, test.sandbox.billingSourceUuid, 'cus_1');
    const [alone] = await test.find(test.sandbox.billingSourceUuid, 'cus_1');
    assert.deepEqual(alone?.attributes.custom, { both: 'payer' });
    assert.deepEqual((await test.retrieve(payer.uuid)).attributes.custom, { both: 'lead' });
  });

  it('do not move attributes and tags that changed after the merge [documented: customers/unmerge]', async () => {
    const lead = await test.lead('lead_1', { attributes: { tags: ['gone'] } });
    const payer = await test.payer('cus_1');
    await CustomAttribute.update(test.config, lead.uuid, { custom: { own: 1 } });
    await test.merge(lead, payer);
    await CustomAttribute.update(test.config, payer.uuid, { custom: { own: 2 } });
    await Tag.remove(test.config, payer.uuid, { tags: ['gone'] });
    const alone = await split(await test.retrieve(payer.uuid));
    assert.deepEqual(alone.attributes, { custom: {}, stripe: {}, tags: [] });
    assert.deepEqual((await test.retrieve(payer.uuid)).attributes.custom, { own: 2 });
  });

  it('move the subscription with its source customer [inferred: subscriptions belong to a source]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1', { paid_at: '2016-02-25' })];
    await test.merge(payer, lead);
    assert.equal((await test.retrieve(lead.uuid)).status, 'Active');
    await test.unmerge(lead, test.sandbox.billingSourceUuid, 'cus_1');
    const [alone] = await test.find(test.sandbox.billingSourceUuid, 'cus_1');
    assert.equal(alone?.status, 'Active');
    const rest = await test.retrieve(lead.uuid);
    assert.deepEqual([rest.status, rest['customer-since']], ['New Lead', null]);
  });

  it('of the primary make the next source customer the primary [open: our choice]', async () => {
    const { into } = await merged();
    await test.unmerge(into, test.sandbox.billingSourceUuid, 'cus_1');
    const rest = await test.retrieve(into.uuid);
    assert.deepEqual([rest.external_id, rest.external_ids], ['lead_1', ['lead_1']]);
  });

  it('restore the contacts [open: our choice]', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1')];
    const contact = await Customer.createContact(test.config, lead.uuid, { email: 'eve@example.com' });
    await test.merge(lead, payer);
    const alone = await split(payer);
    assert.equal((await ChartMogul.Contact.retrieve(test.config, contact.uuid)).customer_uuid, alone.uuid);
  });

  it('of unmerged or unknown records are rejected [documented: only merged records; codes open]', async () => {
    const lead = await test.lead('lead_1');
    const unmerge = (uuid: string, externalId: string) =>
      refusalOf(test.unmerge({ uuid }, test.sandbox.leadsSourceUuid, externalId));
    assert.equal((await unmerge(lead.uuid, 'lead_1')).status, 422);
    assert.equal((await unmerge(lead.uuid, 'other')).status, 404);
    assert.equal((await unmerge('cus_unknown', 'lead_1')).status, 404);
  });

  it('accept only tasks, opportunities and notes to move [documented: customers/unmerge]', async () => {
    const { into } = await merged();
    const ids = { customer_uuid: into.uuid, data_source_uuid: test.sandbox.leadsSourceUuid, external_id: 'lead_1' };
    const unmerge = (moving: unknown) => Customer.unmerge(test.config, { ...ids, move_to_new_customer: moving });
    assert.equal((await refusalOf(unmerge(['invoices']))).status, 400);
    assert.deepEqual(await unmerge(['tasks', 'opportunities', 'notes']), {});
  });
});
