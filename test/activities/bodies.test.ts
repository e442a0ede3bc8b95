import assert from 'node:assert/strict';
import type { CustomerRecord } from '../../src/domain/journey/records.js';
import { type Bench, openBench } from './bench.js';

const leadId = 'cus_0001';

describe('what is sent to ChartMogul', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const sent = () => {
    const { method, path, query, requestBody } = bench.exchanges.at(-1) ?? assert.fail('nothing was sent');
    return { line: `${method} ${path}${query && `?${query}`}`, body: requestBody };
  };

  it('is, to create a lead, its source, id, whole profile, and both dates with a Z', async () => {
    const profile = {
      name: 'Adam Smith',
      email: 'adam@example.com',
      company: 'Smith',
      country: 'US',
      state: 'US-NY',
      city: 'New York',
      zip: '10001',
    };

    const dates = { leadCreatedAt: '2016-01-05T00:00:00Z', freeTrialStartedAt: '2016-02-10T05:15:10Z' };
    await bench.run('createLead', { leadId, profile, dates });

    assert.deepEqual(sent(), {
      line: 'POST /v1/customers',
      body: {
        data_source_uuid: bench.sources().leads,
        external_id: leadId,
        ...profile,
        lead_created_at: '2016-01-05T00:00:00Z',
        free_trial_started_at: '2016-02-10T05:15:10Z',
      },
    });
  });

  it('is the company as the name of a lead without one', async () => {
    await bench.run('createLead', { leadId, profile: { company: 'Smith' }, dates: {} });

    const { leads } = bench.sources();
    const body = { data_source_uuid: leads, external_id: leadId, company: 'Smith', name: 'Smith' };
    assert.deepEqual(sent().body, body);
  });

  it('is the id as the name of a lead of whom nothing is known, so that no account refuses it', async () => {
    bench.sandbox.reset({ nameRequired: true });

    await bench.run('createLead', { leadId, profile: {}, dates: {} });

    assert.deepEqual(sent().body, { data_source_uuid: bench.sources().leads, external_id: leadId, name: leadId });
  });

  it('is, to write dates, both of them and nothing else', async () => {
    const { uuid } = (await bench.run('createLead', { leadId, profile: {}, dates: {} })) as CustomerRecord; // created

    const dates = { leadCreatedAt: '2016-01-05T00:00:00Z', freeTrialStartedAt: '2016-02-10T05:15:10Z' };
    await bench.run('writeDates', { leadId, uuid, dates });

    assert.deepEqual(sent(), {
      line: `PATCH /v1/customers/${uuid}`,
      body: { lead_created_at: '2016-01-05T00:00:00Z', free_trial_started_at: '2016-02-10T05:15:10Z' },
    });
  });

  it('is no date that is not known, so that it keeps its value', async () => {
    const { uuid } = (await bench.run('createLead', { leadId, profile: {}, dates: {} })) as CustomerRecord; // created

    await bench.run('writeDates', { leadId, uuid, dates: { leadCreatedAt: '2016-01-05T00:00:00Z' } });

    assert.deepEqual(sent().body, { lead_created_at: '2016-01-05T00:00:00Z' });
  });

  it('is, to look up a lead, its source and its id', async () => {
    await bench.run('findLead', { leadId: 'a b&c=d/é+1' });

    const query = new URLSearchParams(sent().line.split('?')[1]);
    assert.deepEqual(Object.fromEntries(query), {
      data_source_uuid: bench.sources().leads,
      external_id: 'a b&c=d/é+1',
    });
  });

  it('is, to look up a payer, the billing source and the id', async () => {
    await bench.run('findPayingCustomer', { leadId, billingCustomerId: 'cus_9' }).catch(() => undefined);

    const query = new URLSearchParams(sent().line.split('?')[1]);
    assert.deepEqual(Object.fromEntries(query), { data_source_uuid: bench.sources().billing, external_id: 'cus_9' });
  });

  it('is, to merge, both UUIDs', async () => {
    await bench.run('requestMerge', { leadId, from: 'cus_1', into: 'cus_2' });

    assert.deepEqual(sent(), {
      line: 'POST /v1/customers/merges',
      body: { from: { customer_uuid: 'cus_1' }, into: { customer_uuid: 'cus_2' } },
    });
  });

  it('is, to see a merge, the UUID of the payer alone', async () => {
    await bench.run('confirmMerge', { leadId, uuid: 'cus_2' });

    assert.deepEqual(sent(), { line: 'GET /v1/customers/cus_2', body: undefined });
  });
});
