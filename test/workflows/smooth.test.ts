import assert from 'node:assert/strict';
import { openStage, type Stage, until } from '../support/journeys.js';

describe('a smooth journey', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  it('goes from lead to trial to payment to one proven record in five requests', async () => {
    const { journeys, sandbox } = stage;
    await journeys.leadCreated('cus_0001', { occurredAt: '2016-01-05T00:00:00Z', profile: { name: 'Adam Smith' } });
    await until(stage, 'cus_0001', (view) => view.customerUuid !== undefined);
    await journeys.trialStarted('cus_0001', { occurredAt: '2016-02-10T05:15:10Z' });
    await until(stage, 'cus_0001', (view) => view.stage === 'trial' && view.doing.startsWith('waiting'));
    sandbox.ingest({ external_id: 'cus_9TSLDKbqG2iKgK', paid_at: '2016-02-25T00:00:00Z' });
    await journeys.paymentSucceeded('cus_0001', {
      occurredAt: '2016-02-25T00:00:00Z',
      billingCustomerId: 'cus_9TSLDKbqG2iKgK',
    });
    const result = await journeys.handle('cus_0001').result();
    console.log(result, stage.requests(), sandbox.customers());
    assert.equal(stage.requests().length, 6);
  });
});
