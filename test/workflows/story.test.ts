import assert from 'node:assert/strict';
import { onStage } from '../support/journeys.js';
import {
  adam,
  adamProven,
  created,
  ended,
  lead,
  paid,
  records,
  resting,
  type Scenario,
  scenarios,
  stripe,
  trial,
  view,
} from '../support/scenarios.js';

/** Runs a scenario to its end, then reads the result. */
const afterwards = (name: keyof typeof scenarios, look: Parameters<typeof onStage>[1]) => {
  const scenario: Scenario = scenarios[name];
  return onStage(scenario.knobs ?? {}, async (stage) => {
    await scenario.run(stage);
    await look(stage);
  });
};

describe('the story of a lead', () => {
  it(
    'goes from lead to trial to payment to one proven record in five requests',
    afterwards('smooth', async (stage) => {
      const result = await ended(stage);

      assert.equal(result.outcome, 'proven');
      assert.equal(result.stage, 'proven');
      assert.deepEqual(records(stage), adamProven);
      assert.deepEqual(
        stage.requests().map((request) => request.replace(/cus_[0-9a-f-]+/, ':uuid')),
        [
          'POST /v1/customers 201',
          'PATCH /v1/customers/:uuid 200',
          'GET /v1/customers 200',
          'POST /v1/customers/merges 202',
          'GET /v1/customers/:uuid 200',
        ],
      );
    }),
  );

  it(
    "restores the January date when the merge kept Stripe's date",
    afterwards('dates-put-back', async (stage) => {
      assert.deepEqual(records(stage), adamProven);
      assert.equal(stage.requests().length, 6);
    }),
  );

  it(
    'creates a lead that starts as a trial with both dates, and moves the lead date when an earlier report arrives',
    afterwards('trial-first', async (stage) => {
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'merges at the trial if the trial runs in the billing system, and is proven at the payment 45 days later',
    afterwards('early-merge', async (stage) => {
      const result = await ended(stage);

      assert.deepEqual(records(stage), adamProven);
      assert.equal(result.paidAt, adam.paid);
      const merges = stage.requests().filter((request) => request.startsWith('POST /v1/customers/merges'));
      assert.equal(merges.length, 1);
      assert.match(stage.requests().at(-1) ?? '', /^GET /, 'the proof is seen after the payment, not remembered');
    }),
  );

  it(
    'waits a day for the lead of an early payment, then raises attention, and continues when the lead is reported',
    afterwards('payment-first', async (stage) => {
      assert.deepEqual(records(stage), [{ ...adamProven[0] }]);
      assert.equal((await ended(stage)).attention, undefined);
    }),
  );

  it(
    'adopts an existing ChartMogul lead when only its payment is reported',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await stage.journeys.close(adam.leadId, { note: 'as if imported long ago' });
      stripe(stage);

      await paid(stage);

      const result = await ended(stage);
      assert.equal(result.outcome, 'proven');
      assert.equal(result.leadCreatedAt, adam.lead);
      assert.equal(records(stage).length, 1);
      assert.equal(records(stage)[0]?.lead, '2016-01-05T00:00:00.000Z');
    }),
  );

  it(
    'takes a merge that ChartMogul made itself as done',
    afterwards('already-merged', async (stage) => {
      const merges = stage.requests().filter((request) => request.startsWith('POST /v1/customers/merges'));
      assert.equal(merges.length, 0);
      assert.equal(records(stage)[0]?.lead, '2016-01-05T00:00:00.000Z');
    }),
  );

  it(
    'does not require a trial',
    onStage({}, async (stage) => {
      await lead(stage);
      stripe(stage, { trial_started_at: undefined });
      await paid(stage);

      const result = await ended(stage);
      assert.equal(result.trialStartedAt, undefined);
      assert.deepEqual(records(stage), [{ ...adamProven[0], trial: null }]);
    }),
  );

  it(
    'accepts reports in any order and number for the same lead',
    onStage({}, async (stage) => {
      stripe(stage);
      await Promise.all([paid(stage), trial(stage), paid(stage), lead(stage), trial(stage), lead(stage)]);

      await ended(stage);
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'can be restarted safely: no second record, no writes',
    onStage({}, async (stage) => {
      stripe(stage);
      await Promise.all([lead(stage), trial(stage), paid(stage)]);
      await ended(stage);
      const before = JSON.stringify(stage.sandbox.customers());
      const requestsBefore = stage.requests().length;

      await Promise.all([lead(stage), trial(stage), paid(stage)]);

      const result = await ended(stage);
      assert.equal(result.outcome, 'proven');
      assert.equal(JSON.stringify(stage.sandbox.customers()), before);
      const writes = stage
        .requests()
        .slice(requestsBefore)
        .filter((request) => !request.startsWith('GET') && !request.endsWith('422'));
      assert.deepEqual(writes, []);
    }),
  );

  it(
    'is proven when restarted without the payment, if the merged record is complete',
    onStage({}, async (stage) => {
      stripe(stage);
      await Promise.all([lead(stage), trial(stage), paid(stage)]);
      await ended(stage);

      await lead(stage);

      assert.equal((await ended(stage)).outcome, 'proven');
    }),
  );

  it(
    'accepts a trial reported after the proof, and knows its payer from the previous journey',
    onStage({}, async (stage) => {
      stripe(stage, { trial_started_at: undefined });
      await lead(stage);
      await paid(stage);
      await ended(stage);

      await trial(stage);

      const result = await ended(stage);
      assert.equal(result.outcome, 'proven');
      assert.equal(result.billingCustomerId, adam.payerId);
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'keeps a correction when the corrected report is repeated after the proof',
    onStage({}, async (stage) => {
      await scenarios.correction.run(stage);

      await Promise.all([lead(stage), trial(stage), paid(stage)]);

      assert.equal((await ended(stage)).leadCreatedAt, '2016-01-07T09:00:00Z');
      assert.equal(records(stage)[0]?.lead, '2016-01-07T09:00:00.000Z');
    }),
  );

  it(
    'does not use the result of a closed journey',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await paid(stage, 'cus_typing_error');
      await stage.journeys.close(adam.leadId, { note: 'all wrong' });
      stripe(stage);

      await Promise.all([lead(stage), trial(stage), paid(stage)]);

      const result = await ended(stage);
      assert.equal(result.billingCustomerId, adam.payerId);
      assert.deepEqual(result.notices, []);
    }),
  );

  it(
    'works with one source for leads and customers: no merge, and the dates are written',
    onStage({ worker: { sources: { leads: 'Leads', billing: 'Leads' } } }, async (stage) => {
      await lead(stage);
      await created(stage);
      await trial(stage);
      await resting(stage);
      await stage.journeys.paymentSucceeded(adam.leadId, { occurredAt: adam.paid });

      const result = await ended(stage);
      assert.equal(result.outcome, 'proven');
      assert.deepEqual(records(stage), [{ ...adamProven[0], ids: [adam.leadId] }]);
      assert.ok(stage.requests().every((request) => !request.includes('merges')));
    }),
  );

  it(
    'adds a notice and continues when the dates contradict each other',
    onStage({}, async (stage) => {
      await stage.journeys.leadCreated(adam.leadId, { occurredAt: '2016-03-01T00:00:00Z' });
      await trial(stage);
      await resting(stage);

      const seen = await view(stage);
      assert.deepEqual(
        seen.notices.map(({ code }) => code),
        ['dates-contradict'],
      );
      assert.equal(seen.leadCreatedAt, adam.trial, 'the lead date is never later than the trial date');
    }),
  );

  it(
    'adds a notice when ChartMogul does not count the payer as a subscriber',
    onStage({}, async (stage) => {
      stripe(stage, { paid_at: undefined });
      await lead(stage);
      await paid(stage);

      const result = await ended(stage);
      assert.deepEqual(
        result.notices.map(({ code }) => code),
        ['not-a-subscriber'],
      );
    }),
  );
});
