import assert from 'node:assert/strict';
import { ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../src/activities/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import type { Customer } from '../../src/chartmogul/types.js';
import type { CustomerRecord } from '../../src/domain/journey/records.js';
import { answering } from './answering.js';
import { type Bench, failureOf, openBench } from './bench.js';

const leadId = 'cus_0001';
const billingCustomerId = 'cus_9TSLDKbqG2iKgK';
const january = '2016-01-05T00:00:00Z';
const february = '2016-02-10T05:15:10Z';
const leadsId = { source: 'leads', externalId: leadId } as const;
const payersId = { source: 'billing', externalId: billingCustomerId } as const;

describe('what ChartMogul answers', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const create = async (dates = {}, profile = {}) =>
    (await bench.run('createLead', { leadId, profile, dates })) as CustomerRecord; // or the test fails right there
  const ingest = async (settings = {}) => {
    bench.sandbox.ingest({ external_id: billingCustomerId, ...settings });
    return (await bench.run('findPayingCustomer', { leadId, billingCustomerId })) as CustomerRecord; // as above
  };

  describe('to createLead', () => {
    it('is the record, without name and e-mail address', async () => {
      const profile = { name: 'Adam Smith', email: 'adam@example.com' };

      const record = await create({ leadCreatedAt: january, freeTrialStartedAt: february }, profile);

      const { uuid, ...rest } = record;
      assert.match(uuid, /^cus_/);
      assert.deepEqual(rest, {
        ids: [leadsId],
        leadCreatedAt: january,
        freeTrialStartedAt: february,
        isSubscriber: false,
      });
    });

    it('is "exists" for a lead that exists', async () => {
      await create();

      assert.equal(await create(), 'exists');
      assert.equal(bench.sandbox.customers().length, 1);
    });

    it('is "exists" after an answer that was lost on the way', async () => {
      bench.sandbox.fault({ route: 'POST /v1/customers', status: 'drop_answer' });
      await failureOf(bench.run('createLead', { leadId, profile: {}, dates: {} }));

      assert.equal(await create(), 'exists');
      assert.equal(bench.sandbox.customers().length, 1);
    });

    it('is a record where the same id is taken in another source', async () => {
      bench.sandbox.ingest({ external_id: leadId });

      assert.deepEqual((await create()).ids, [leadsId]);
    });
  });

  describe('to findLead', () => {
    it('is the record with its dates', async () => {
      const created = await create({ leadCreatedAt: january });

      assert.deepEqual(await bench.run('findLead', { leadId }), created);
    });

    it('is "none" where there is none, also if another source uses the id', async () => {
      bench.sandbox.ingest({ external_id: leadId });

      assert.equal(await bench.run('findLead', { leadId }), 'none');
    });

    it('is the record it was merged into', async () => {
      const { uuid: from } = await create();
      const { uuid: into } = await ingest();
      await bench.client.mergeCustomers(from, into);

      const found = (await bench.run('findLead', { leadId })) as CustomerRecord; // merged ids are found by default

      assert.equal(found.uuid, into);
      assert.deepEqual(found.ids, [leadsId, payersId]);
    });
  });

  describe('to writeDates', () => {
    it('is the record with the dates written', async () => {
      const { uuid } = await create();

      const dates = { leadCreatedAt: january, freeTrialStartedAt: february };
      const record = await bench.run('writeDates', { leadId, uuid, dates });

      assert.deepEqual(record, { uuid, ids: [leadsId], ...dates, isSubscriber: false });
    });

    it('is "gone" where the record was merged away', async () => {
      const { uuid } = await create();
      await bench.client.mergeCustomers(uuid, (await ingest()).uuid);

      assert.equal(await bench.run('writeDates', { leadId, uuid, dates: { leadCreatedAt: january } }), 'gone');
    });
  });

  describe('to writeDates after a long wait in the queue', () => {
    const leadOf = async (id: string, leadCreatedAt: string, into: string) => {
      const { uuid } = (await bench.run('createLead', {
        leadId: id,
        profile: {},
        dates: { leadCreatedAt },
      })) as CustomerRecord;
      await bench.client.mergeCustomers(uuid, into);
      await bench.client.updateCustomer(into, { lead_created_at: leadCreatedAt });
    };

    it('keeps the earlier date of another lead that was merged into the record meanwhile', async () => {
      const { uuid } = await ingest();
      await leadOf(leadId, february, uuid);
      await leadOf('cus_0002', january, uuid); // while the write of the first one waits

      const dates = { leadCreatedAt: february };
      const record = await bench.run('writeDates', { leadId, uuid, dates }, { waitedMs: 11_000 });

      assert.equal((record as CustomerRecord).leadCreatedAt, january);
    });

    it('is one request if the record has no other ids and already has the dates', async () => {
      const { uuid } = await create({ leadCreatedAt: january });
      const before = bench.exchanges.length;

      await bench.run('writeDates', { leadId, uuid, dates: { leadCreatedAt: january } }, { waitedMs: 11_000 });

      assert.equal(bench.exchanges.length, before + 1);
    });
  });

  describe('to findPayingCustomer', () => {
    it('is the record of the billing source', async () => {
      const { uuid, ...rest } = await ingest({ trial_started_at: february, paid_at: '2016-02-25T00:00:00Z' });

      assert.match(uuid, /^cus_/);
      assert.deepEqual(rest, {
        ids: [payersId],
        leadCreatedAt: february,
        freeTrialStartedAt: february,
        isSubscriber: true,
      });
    });

    it('is a customer who is no subscriber before paying', async () => {
      assert.equal((await ingest()).isSubscriber, false);
    });

    it('is an expected miss while there is none, also if a lead has the id', async () => {
      await bench.client.createCustomer({
        data_source_uuid: bench.sources().leads,
        external_id: billingCustomerId,
        name: 'x',
      });

      const failure = await failureOf(bench.run('findPayingCustomer', { leadId, billingCustomerId }));

      assert.equal(failure.type, 'PayerNotFound');
      assert.equal(failure.category, ApplicationFailureCategory.BENIGN);
      assert.equal(failure.nonRetryable, false);
      assert.equal(failure.nextRetryDelay, undefined);
      assert.equal(failure.message, 'findPayingCustomer: not in ChartMogul yet');
    });

    const lookingWhere = async (entries: readonly Customer[]) => {
      const server = await answering({ body: { entries } });
      const client = new ChartMogulClient({ apiKey: 'k', url: server.url });
      const { findPayingCustomer } = createActivities({ chartMogul: client, sources: bench.sources });
      const looking = new MockActivityEnvironment().run(findPayingCustomer, { leadId, billingCustomerId });
      return failureOf(looking).finally(() => server.close());
    };

    it('is final where two records have the id', async () => {
      const record = await bench.client.retrieveCustomer((await ingest()).uuid);

      const failure = await lookingWhere([record, { ...record, uuid: 'cus_twin' }]);

      assert.equal(failure.type, 'PayerAmbiguous');
      assert.equal(failure.nonRetryable, true);
      assert.equal(failure.message, 'findPayingCustomer: 2 customers have this billing id');
    });

    it('is an expected miss where ChartMogul shows other customers than those asked for', async () => {
      const { data_source_uuids, external_ids, ...record } = await bench.client.retrieveCustomer((await ingest()).uuid);

      const failure = await lookingWhere([
        { ...record, external_id: 'cus_other' },
        { ...record, data_source_uuid: 'ds_other' },
      ]);

      assert.equal(failure.type, 'PayerNotFound');
    });

    it('is the record that holds the lead already, after ChartMogul merged the two by itself', async () => {
      const { uuid: from } = await create();
      await bench.client.mergeCustomers(from, (await ingest()).uuid);

      const found = (await bench.run('findPayingCustomer', { leadId, billingCustomerId })) as CustomerRecord; // found

      assert.deepEqual(found.ids, [leadsId, payersId]);
    });
  });

  describe('to requestMerge and confirmMerge', () => {
    const both = async () => ({ leadId, from: (await create()).uuid, into: (await ingest()).uuid });

    it('is "accepted", and an expected miss until the merge shows', async () => {
      bench.sandbox.reset({ mergeAfterReads: 2 });
      const merge = await both();

      assert.equal(await bench.run('requestMerge', merge), 'accepted');
      const failure = await failureOf(bench.run('confirmMerge', { leadId, uuid: merge.into }));
      const record = (await bench.run('confirmMerge', { leadId, uuid: merge.into })) as CustomerRecord; // merged by now

      assert.equal(failure.type, 'MergeUnconfirmed');
      assert.equal(failure.category, ApplicationFailureCategory.BENIGN);
      assert.equal(failure.nonRetryable, false);
      assert.equal(failure.message, 'confirmMerge: ChartMogul does not show the merge yet');
      assert.deepEqual(record.ids, [leadsId, payersId]);
      assert.equal(record.uuid, merge.into);
    });

    it('is no proof of a merge where another source has the id of the lead', async () => {
      const stranger = await bench.client.createDataSource('CRM');
      const namesake = { data_source_uuid: stranger.uuid, external_id: leadId, name: 'x' };
      const { uuid: from } = await bench.client.createCustomer(namesake);
      const { uuid } = await ingest();
      await bench.client.mergeCustomers(from, uuid);

      assert.equal((await failureOf(bench.run('confirmMerge', { leadId, uuid }))).type, 'MergeUnconfirmed');
    });

    for (const status of [404, 422] as const) {
      it(`is the status ${status} for a lead that is merged already, so that both are looked at again`, async () => {
        bench.sandbox.reset({ secondMerge: `${status}` });
        const merge = await both();
        await bench.run('requestMerge', merge);

        assert.deepEqual(await bench.run('requestMerge', merge), { status });
      });
    }

    it('is the status 404 for a payer who is gone, and "gone"', async () => {
      const { uuid: from } = await create();

      assert.deepEqual(await bench.run('requestMerge', { leadId, from, into: 'cus_gone' }), { status: 404 });
      assert.equal(await bench.run('confirmMerge', { leadId, uuid: 'cus_gone' }), 'gone');
    });
  });

  it('is read with ids of both roles where all customers are in one source', async () => {
    const one = await openBench({ inOneSource: true });
    const id = { source: 'both', externalId: leadId };

    const created = await one.run('createLead', { leadId, profile: {}, dates: {} });
    const found = await one.run('findPayingCustomer', { leadId, billingCustomerId: leadId });
    await one.close();

    assert.deepEqual(found, created);
    assert.deepEqual((created as CustomerRecord).ids, [id]); // it is created
  });
});
