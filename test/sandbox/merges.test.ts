import assert from 'node:assert/strict';
import { ChartMogul, type CustomerAnswer, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Customer, Tag, CustomAttribute } = ChartMogul;

describe('merges in the sandbox', () => {
  const test = new Sandboxed();

  const leadAndPayer = async (lead: object = {}, payer: object = {}) =>
    [await test.lead('lead_1', lead), await test.payer('cus_1', payer)] as const;

  it('are accepted with 202 and an empty object [recorded 2023-10-29 and 2023-10-30, ruby client]', async () => {
    const [lead, payer] = await leadAndPayer();
    const body = { from: { customer_uuid: lead.uuid }, into: { customer_uuid: payer.uuid } };
    const { status, json } = await test.raw('POST', '/v1/customers/merges', { body });
    assert.deepEqual([status, json()], [202, {}]);
  });

  it('happen after their delay, not before [recorded: seen finished after 8 and 13 minutes]', async () => {
    test.turn({ mergeDelayMs: 60_000 });
    const [lead, payer] = await leadAndPayer();
    await test.merge(lead, payer);
    assert.deepEqual((await test.retrieve(payer.uuid)).external_ids, ['cus_1']);
    assert.deepEqual((await test.retrieve(lead.uuid)).external_ids, ['lead_1']);
  });

  it('happen at the n-th read of the payer by the knob mergeAfterReads [contract of the sandbox]', async () => {
    test.turn({ mergeAfterReads: 3, mergeDelayMs: 0 });
    const [lead, payer] = await leadAndPayer();
    await test.merge(lead, payer);
    const reads: string[][] = [];
    for (let read = 1; read <= 3; read++) reads.push((await test.retrieve(payer.uuid)).external_ids);
    assert.deepEqual(reads, [['cus_1'], ['cus_1'], ['lead_1', 'cus_1']]);
  });

  it('keep the uuid and the ids of the target record [help article 211358589; recorded 2023-10-30]', async () => {
    const [lead, payer] = await leadAndPayer();
    await test.merge(lead, payer);
    const survivor = await test.retrieve(payer.uuid);
    assert.deepEqual([survivor.external_id, survivor.data_source_uuid], ['cus_1', test.sandbox.billingSourceUuid]);
  });

  it('unite the ids in parallel arrays, the primary not always first [recorded 2023-10-30 and 2024-10-16]', async () => {
    const [lead, payer] = await leadAndPayer();
    await test.merge(lead, payer);
    const { external_ids, data_source_uuids } = await test.retrieve(payer.uuid);
    assert.deepEqual(external_ids, ['lead_1', 'cus_1']);
    assert.deepEqual(data_source_uuids, [test.sandbox.leadsSourceUuid, test.sandbox.billingSourceUuid]);
  });

  it('unite the tags; for a shared attribute the primary value wins [help article 211358589]', async () => {
    const [lead, payer] = await leadAndPayer();
    await Tag.add(test.config, lead.uuid, { tags: ['shared', 'lead'] });
    await Tag.add(test.config, payer.uuid, { tags: ['payer', 'shared'] });
    await CustomAttribute.update(test.config, lead.uuid, { custom: { both: 'lead', own: 1 } });
    await CustomAttribute.update(test.config, payer.uuid, { custom: { both: 'payer' } });
    await test.merge(lead, payer);
    const { tags, custom } = (await test.retrieve(payer.uuid)).attributes;
    assert.deepEqual(tags, ['payer', 'shared', 'lead']);
    assert.deepEqual(custom, { both: 'payer', own: 1 });
  });

  it('keep name, company, website, owner and lead status of the primary [help article 211358589]', async () => {
    const lead = { name: 'Lead', company: 'Lead Inc', website_url: 'https://lead.example', status: 'Working Lead' };
    const [secondary, primary] = await leadAndPayer({ ...lead, owner: 'owner@example.com' });
    await test.merge(secondary, primary);
    const survivor = await test.retrieve(primary.uuid);
    assert.deepEqual([survivor.name, survivor.company, survivor.website_url, survivor.owner], ['', '', null, null]);
    assert.equal(survivor.status, 'New Lead');
  });

  const dates = { lead_created_at: '2016-01-05', free_trial_started_at: '2016-02-10' };
  const [lead5, trial10] = ['2016-01-05T00:00:00.000Z', '2016-02-10T00:00:00.000Z'];
  const rules = [
    ['primary_wins', 'help article 211358589', undefined, [null, null]],
    ['primary_wins', 'help article 211358589', '2016-02-01', ['2016-02-01T00:00:00.000Z', '2016-02-01T00:00:00.000Z']],
    ['fill_null_from_secondary', 'open: what the tutorial needs', undefined, [lead5, trial10]],
    ['earliest', 'open: documented nowhere', '2016-02-01', [lead5, '2016-02-01T00:00:00.000Z']],
  ] as const;
  for (const [mergeDates, evidence, trial, expected] of rules) {
    const primary = trial ? `a Stripe trial of ${trial}` : 'a primary without dates';
    it(`give the dates of ${mergeDates} with ${primary} [${evidence}]`, async () => {
      test.turn({ mergeDates });
      const [lead, payer] = await leadAndPayer(dates, trial ? { trial_started_at: trial } : {});
      await test.merge(lead, payer);
      const survivor = await test.retrieve(payer.uuid);
      assert.deepEqual([survivor.lead_created_at, survivor.free_trial_started_at], expected);
    });
  }

  it('also accept records by source and external id [documented: merge-customers; go client: CustID]', async () => {
    const [, payer] = await leadAndPayer();
    await Customer.merge(test.config, {
      from: { data_source_uuid: test.sandbox.leadsSourceUuid, external_id: 'lead_1' },
      into: { data_source_uuid: test.sandbox.billingSourceUuid, external_id: 'cus_1' },
    });
    assert.equal((await test.retrieve(payer.uuid)).external_ids.length, 2);
  });

  it('make the merged-away uuid a 404, or follow it, by the knob mergedUuid [open]', async () => {
    const merged = async (): Promise<[CustomerAnswer, CustomerAnswer]> => {
      const [lead, payer] = await leadAndPayer();
      await test.merge(lead, payer);
      return [lead, payer];
    };
    const [gone] = await merged();
    assert.equal((await refusalOf(test.retrieve(gone.uuid))).status, 404);
    assert.equal((await refusalOf(Customer.modify(test.config, gone.uuid, { name: 'x' }))).status, 404);
    test.turn({ mergedUuid: 'follow' });
    const [followed, payer] = await merged();
    assert.equal((await test.retrieve(followed.uuid)).uuid, payer.uuid);
  });

  it('leave the merged-away external id findable, or not, by the knob mergedExternalId [open]', async () => {
    const found = async () => {
      const [lead, payer] = await leadAndPayer();
      await test.merge(lead, payer);
      const uuids = (await test.find(test.sandbox.leadsSourceUuid, 'lead_1')).map(({ uuid }) => uuid);
      return uuids.includes(payer.uuid);
    };
    assert.equal(await found(), true);
    test.turn({ mergedExternalId: 'absent' });
    assert.equal(await found(), false);
    assert.equal((await refusalOf(test.lead('lead_1'))).status, 422); // it exists, although it is hidden
  });

  it('leave the record in the list of its former source, or not, by the knob mergedInLists [open]', async () => {
    const listed = async () => {
      const [lead, payer] = await leadAndPayer();
      await test.merge(lead, payer);
      const { entries } = await Customer.all(test.config, { data_source_uuid: test.sandbox.leadsSourceUuid });
      const found = await test.find(test.sandbox.leadsSourceUuid, 'lead_1');
      return [entries, found].map((list) => list.some(({ uuid }) => uuid === payer.uuid));
    };
    assert.deepEqual(await listed(), [true, true]);
    test.turn({ mergedInLists: 'absent' });
    assert.deepEqual(await listed(), [false, true]);
    test.turn({ mergedExternalId: 'absent' });
    assert.deepEqual(await listed(), [true, false]);
  });

  it('of the same records again are answered by the knob secondMerge [open]', async () => {
    const secondMerge = async () => {
      const [lead, payer] = await leadAndPayer();
      await test.merge(lead, payer);
      await test.retrieve(payer.uuid);
      return test.merge(lead, payer);
    };
    assert.equal((await refusalOf(secondMerge())).status, 404);
    test.turn({ secondMerge: '422' });
    assert.equal((await refusalOf(secondMerge())).status, 422);
    test.turn({ secondMerge: '202' });
    assert.deepEqual(await secondMerge(), {});
  });

  it('requested twice before they take effect are accepted twice and run once [open: our choice]', async () => {
    test.turn({ mergeAfterReads: 1 });
    const [lead, payer] = await leadAndPayer();
    await test.merge(lead, payer);
    assert.deepEqual(await test.merge(lead, payer), {});
    for (const _ of [1, 2]) assert.deepEqual((await test.retrieve(payer.uuid)).external_ids, ['lead_1', 'cus_1']);
  });

  it('of a record with itself, of unknown records and with a malformed body are rejected [open]', async () => {
    const [lead, payer] = await leadAndPayer();
    const refused = async (body: object) => (await refusalOf(Customer.merge(test.config, body))).status;
    const [from, into] = [{ customer_uuid: lead.uuid }, { customer_uuid: payer.uuid }];
    assert.equal(await refused({ from, into: from }), 422);
    assert.equal(await refused({ from, into: { customer_uuid: 'cus_unknown' } }), 404);
    assert.equal(await refused({ from: { customer_uuid: 'cus_unknown' }, into }), 404);
    assert.equal(await refused({ from }), 400);
    assert.equal(await refused({ into }), 400);
    assert.equal(await refused({ from: 'x', into }), 400);
    assert.equal(await refused({ from: { data_source_uuid: 'ds_1' }, into }), 400);
  });

  it('into a record that is merged away in the meantime go to its survivor [open: our choice]', async () => {
    test.turn({ mergeAfterReads: 1 });
    const [lead, payer] = await leadAndPayer();
    const third = await test.payer('cus_3');
    await test.merge(lead, payer);
    await test.merge(payer, third);
    assert.deepEqual((await test.retrieve(third.uuid)).external_ids, ['cus_1', 'cus_3']);
    await refusalOf(test.retrieve(payer.uuid)); // the read that triggers the first merge
    assert.deepEqual((await test.retrieve(third.uuid)).external_ids, ['lead_1', 'cus_1', 'cus_3']);
  });

  it('move the contacts to the survivor [help article 211358589: what the records hold is united]', async () => {
    const [lead, payer] = await leadAndPayer();
    await Customer.createContact(test.config, lead.uuid, { email: 'eve@example.com' });
    await test.merge(lead, payer);
    const { entries } = await Customer.contacts(test.config, payer.uuid);
    assert.deepEqual(
      entries.map(({ email, customer_external_id }) => [email, customer_external_id]),
      [['eve@example.com', 'lead_1']],
    );
  });

  it('tag the survivor "merged-customer" by the knob mergedTag [inferred from two recordings]', async () => {
    test.turn({ mergedTag: true });
    const [lead, payer] = await leadAndPayer();
    await test.merge(lead, payer);
    assert.deepEqual((await test.retrieve(payer.uuid)).attributes.tags, ['merged-customer']);
  });
});
