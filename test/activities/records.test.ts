import assert from 'node:assert/strict';
import { recordOf } from '../../src/activities/records.js';
import type { Customer } from '../../src/chartmogul/types.js';

const sources = { leads: 'ds_leads', billing: 'ds_billing' };
const customer: Customer = {
  uuid: 'cus_1',
  data_source_uuid: 'ds_billing',
  external_id: 'cus_9',
  status: 'New Lead',
};

describe('a ChartMogul customer', () => {
  it('is kept with the ids of both parallel arrays, whatever their order', () => {
    const merged = {
      ...customer,
      external_ids: ['lead_1', 'x_1', 'cus_9', 'cus_9'],
      data_source_uuids: ['ds_leads', 'ds_crm', 'ds_billing', 'ds_billing'],
    };

    assert.deepEqual(recordOf(merged, sources).ids, [
      { source: 'leads', externalId: 'lead_1' },
      { source: 'other', externalId: 'x_1' },
      { source: 'billing', externalId: 'cus_9' },
      { source: 'billing', externalId: 'cus_9' },
    ]);
  });

  it('is kept with its primary id where there are no arrays, or empty ones', () => {
    const ids = [{ source: 'billing', externalId: 'cus_9' }];

    assert.deepEqual(recordOf(customer, sources).ids, ids);
    assert.deepEqual(recordOf({ ...customer, external_ids: [], data_source_uuids: [] }, sources).ids, ids);
    assert.deepEqual(recordOf({ ...customer, external_ids: ['lead_1'] }, sources).ids, ids);
  });

  it('is kept with the pairs that are whole where one array is longer', () => {
    const odd = { ...customer, external_ids: ['lead_1', 'x_1'], data_source_uuids: ['ds_leads'] };

    assert.deepEqual(recordOf(odd, sources).ids, [{ source: 'leads', externalId: 'lead_1' }]);
  });

  it('has ids of both roles where leads and billing are one source', () => {
    const one = { leads: 'ds_billing', billing: 'ds_billing' };

    assert.deepEqual(recordOf(customer, one).ids, [{ source: 'both', externalId: 'cus_9' }]);
  });

  it('is kept with dates in whole seconds', () => {
    const dated = { ...customer, lead_created_at: '2016-01-05T00:00:00.999Z', free_trial_started_at: '2016-02-10' };

    const { leadCreatedAt, freeTrialStartedAt } = recordOf(dated, sources);

    assert.equal(leadCreatedAt, '2016-01-05T00:00:00Z');
    assert.equal(freeTrialStartedAt, '2016-02-10T00:00:00Z');
  });

  it('is kept without a date that is null, or none', () => {
    const undated = { ...customer, lead_created_at: null, free_trial_started_at: 'soon' };

    assert.deepEqual(Object.keys(recordOf(undated, sources)), ['uuid', 'ids', 'isSubscriber']);
  });

  const statuses: [status: string, isSubscriber: boolean][] = [
    ['Lead', false],
    ['New Lead', false],
    ['Working Lead', false],
    ['Qualified Lead', false],
    ['Unqualified Lead', false],
    ['Active', true],
    ['Past Due', true],
    ['Cancelled', true],
  ];
  for (const [status, isSubscriber] of statuses) {
    it(`is ${isSubscriber ? 'a' : 'no'} subscriber with the status ${status}`, () => {
      assert.equal(recordOf({ ...customer, status }, sources).isSubscriber, isSubscriber);
    });
  }
});
