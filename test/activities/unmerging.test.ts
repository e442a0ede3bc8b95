import assert from 'node:assert/strict';
import type { CustomerRecord } from '../../src/domain/journey/records.js';
import { type Bench, failureOf, openBench } from './bench.js';

const leadId = 'cus_0001';
const billingCustomerId = 'cus_9TSLDKbqG2iKgK';
const january = '2016-01-05T00:00:00Z';
const february = '2016-02-10T05:15:10Z';
const leadsId = { source: 'leads', externalId: leadId } as const;
const nothing = { leadCreatedAt: null, freeTrialStartedAt: null };

describe('the activities of an unmerge', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  /** The lead, merged with its payer. */
  async function merged(knobs = {}): Promise<CustomerRecord> {
    bench = await openBench({ mergeAfterReads: 1, ...knobs });
    const dates = { leadCreatedAt: january, freeTrialStartedAt: february };
    const lead = (await bench.run('createLead', { leadId, profile: {}, dates })) as CustomerRecord; // created
    bench.sandbox.ingest({ external_id: billingCustomerId });
    const payer = (await bench.run('findPayingCustomer', { leadId, billingCustomerId })) as CustomerRecord; // found
    await bench.run('requestMerge', { leadId, from: lead.uuid, into: payer.uuid });
    return (await bench.run('confirmMerge', { leadId, uuid: payer.uuid })) as CustomerRecord; // merged
  }

  const datesOf = (record: unknown) => {
    const { leadCreatedAt, freeTrialStartedAt } = record as CustomerRecord; // or the test fails right there
    return { leadCreatedAt, freeTrialStartedAt };
  };

  it("ask for the lead's source customer to be split off, and nothing else to be moved", async () => {
    const { uuid } = await merged();

    assert.equal(await bench.run('requestUnmerge', { leadId, uuid }), 'accepted');

    const { method, path, requestBody } = bench.exchanges.at(-1) ?? assert.fail('nothing was sent');
    assert.deepEqual([method, path], ['POST', '/v1/customers/unmerges']);
    assert.deepEqual(requestBody, {
      customer_uuid: uuid,
      data_source_uuid: bench.sources().leads,
      external_id: leadId,
      move_to_new_customer: [],
    });
  });

  it('return the status for a lead that has left the record, or a record that does not exist', async () => {
    const { uuid } = await merged();
    await bench.run('requestUnmerge', { leadId, uuid });
    const own = (await bench.run('confirmUnmerge', { leadId, uuid })) as CustomerRecord; // split off

    assert.deepEqual(await bench.run('requestUnmerge', { leadId, uuid }), { status: 404 });
    assert.deepEqual(await bench.run('requestUnmerge', { leadId, uuid: own.uuid }), { status: 422 });
    assert.deepEqual(await bench.run('requestUnmerge', { leadId, uuid: 'cus_unknown' }), { status: 404 });
  });

  it('fail for other answers, so that the request is repeated', async () => {
    const { uuid } = await merged();
    bench.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 503 });

    assert.equal((await failureOf(bench.run('requestUnmerge', { leadId, uuid }))).type, 'RateLimited');
  });

  it("wait until ChartMogul shows the lead's own record, with a new UUID", async () => {
    const { uuid } = await merged();

    const notYet = await failureOf(bench.run('confirmUnmerge', { leadId, uuid }));
    await bench.run('requestUnmerge', { leadId, uuid });
    const own = (await bench.run('confirmUnmerge', { leadId, uuid })) as CustomerRecord; // split off

    assert.equal(notYet.type, 'UnmergeUnconfirmed');
    assert.deepEqual(own.ids, [leadsId]);
    assert.notEqual(own.uuid, uuid);
  });

  describe('that restores dates', () => {
    async function unmerged(knobs = {}) {
      const { uuid } = await merged(knobs);
      await bench.run('requestUnmerge', { leadId, uuid });
      const own = (await bench.run('confirmUnmerge', { leadId, uuid })) as CustomerRecord; // split off
      return { uuid, own };
    }

    it('sets a date and clears another', async () => {
      const { own } = await unmerged({ mergeDates: 'earliest' });
      const dates = { leadCreatedAt: february, freeTrialStartedAt: null };

      const restored = await bench.run('restoreDates', { leadId, uuid: own.uuid, dates });

      assert.deepEqual(datesOf(restored), { leadCreatedAt: february, freeTrialStartedAt: undefined });
    });

    it('writes nothing to a record that has the dates', async () => {
      const { own } = await unmerged();

      await bench.run('restoreDates', { leadId, uuid: own.uuid, dates: nothing });

      assert.equal(bench.exchanges.at(-1)?.method, 'GET');
    });

    it('writes nothing to a record with which the lead is merged again', async () => {
      const { uuid } = await merged({ mergeDates: 'earliest' });

      const record = (await bench.run('restoreDates', { leadId, uuid, dates: nothing })) as CustomerRecord; // found

      assert.deepEqual([record.ids.length, record.leadCreatedAt], [2, january]);
    });

    it('answers "gone" for a record that does not exist', async () => {
      await merged();

      assert.equal(await bench.run('restoreDates', { leadId, uuid: 'cus_unknown', dates: nothing }), 'gone');
    });

    it('returns the dates that stay if ChartMogul ignores null', async () => {
      const { own } = await unmerged({ mergeDates: 'earliest', nullDates: 'ignore' });

      const restored = await bench.run('restoreDates', { leadId, uuid: own.uuid, dates: nothing });

      assert.deepEqual(datesOf(restored), { leadCreatedAt: january, freeTrialStartedAt: february });
    });

    it('writes only the other date if ChartMogul rejects null', async () => {
      const { own } = await unmerged({ mergeDates: 'earliest' });
      const { uuid } = own;
      const refuse = () => bench.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 422 });

      refuse();
      const one = await bench.run('restoreDates', {
        ...{ leadId, uuid, dates: { leadCreatedAt: february, freeTrialStartedAt: null } },
      });
      refuse();
      const none = await bench.run('restoreDates', { leadId, uuid, dates: nothing });
      refuse();
      const both = bench.run('restoreDates', {
        ...{ leadId, uuid, dates: { leadCreatedAt: january, freeTrialStartedAt: january } },
      });

      assert.deepEqual(datesOf(one), { leadCreatedAt: february, freeTrialStartedAt: february });
      assert.deepEqual(datesOf(none), { leadCreatedAt: february, freeTrialStartedAt: february });
      assert.equal((await failureOf(both)).type, 'Refused');
    });
  });
});
