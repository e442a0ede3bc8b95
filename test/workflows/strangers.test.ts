import assert from 'node:assert/strict';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import { call, deleteByHand, mergeByHand, recordOf, unmergeByHand, uuidOf } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import {
  adam,
  adamProven,
  created,
  ended,
  forward,
  forwardToEnd,
  healed,
  inAttention,
  lead,
  looking,
  paid,
  records,
  resting,
  stripe,
  trial,
} from '../support/scenarios.js';

/** Manual changes in ChartMogul. */
const _byHand = (stage: Stage) => new ChartMogulClient(stage.config.chartMogul);

describe('unrelated and missing records', () => {
  it(
    'leaves a record that a person merged into an unrelated customer byte-identical, and reports its ids',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({
        external_id: 'cus_stranger',
        trial_started_at: '2016-03-01T00:00:00Z',
        paid_at: adam.paid,
      });
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, adam.leadId, 'cus_stranger');
      const before = JSON.stringify(recordOf(stage, 'cus_stranger'));

      await trial(stage);
      const { attention } = await inAttention(stage, 'merged-elsewhere');
      await paid(stage);
      await inAttention(stage, 'merged-elsewhere');

      assert.match(attention?.detail ?? '', /cus_stranger/);
      assert.equal(JSON.stringify(recordOf(stage, 'cus_stranger')), before);
    }),
  );

  it(
    "leaves it byte-identical also if ChartMogul resolves the lead's UUID to the unrelated customer",
    onStage({ mergedUuid: 'follow' }, async (stage) => {
      stage.sandbox.ingest({ external_id: 'cus_stranger', paid_at: adam.paid });
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, adam.leadId, 'cus_stranger');
      const before = JSON.stringify(recordOf(stage, 'cus_stranger'));
      await forward(stage, '5 days');

      await trial(stage);
      await inAttention(stage, 'merged-elsewhere');

      assert.equal(JSON.stringify(recordOf(stage, 'cus_stranger')), before);
    }),
  );

  it(
    'continues when a payment report shows that the other customer is the payer',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, adam.leadId, adam.payerId);
      await trial(stage);
      await inAttention(stage, 'merged-elsewhere');

      await paid(stage);

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'continues after a relink to the customer that it was manually merged with',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, adam.leadId, adam.payerId);
      await paid(stage, 'cus_typing_error');
      await looking(stage);

      await stage.journeys.relink(adam.leadId, { billingCustomerId: adam.payerId, note: 'typing error' });

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'never merges two payers: a lead record with another billing customer is not merged',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({ external_id: 'cus_stranger', paid_at: adam.paid });
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, 'cus_stranger', adam.leadId);
      await forward(stage, '45 days');

      stripe(stage);
      await paid(stage);

      await inAttention(stage, 'merged-elsewhere');
      assert.equal(records(stage).length, 2);
    }),
  );

  it(
    'never merges two payers if ChartMogul resolves the UUID of a lead merged into an unrelated customer',
    onStage({ mergedUuid: 'follow' }, async (stage) => {
      stage.sandbox.ingest({ external_id: 'cus_stranger', paid_at: adam.paid });
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, adam.leadId, 'cus_stranger');
      await forward(stage, '45 days');

      stripe(stage);
      await paid(stage);

      await inAttention(stage, 'merged-elsewhere');
      assert.equal(records(stage).length, 2);
    }),
  );

  it(
    'allows two leads with one payer: the surviving record has the earliest dates of both',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await ended(stage);
      await stage.journeys.leadCreated('cus_0002', { occurredAt: '2016-03-03T00:00:00Z' });
      await stage.journeys.paymentSucceeded('cus_0002', { occurredAt: adam.paid, billingCustomerId: adam.payerId });

      await stage.journeys.handle('cus_0002').result();

      assert.deepEqual(records(stage), [
        {
          ids: [adam.leadId, 'cus_0002', adam.payerId],
          lead: '2016-01-05T00:00:00.000Z',
          trial: '2016-02-10T05:15:10.000Z',
        },
      ]);
    }),
  );

  it(
    'adopts a record whose lead id has a quotation mark and a backslash, for which Temporal cannot search',
    onStage({}, async (stage) => {
      const id = 'lead "1" \\';
      await call(stage, 'POST', '/v1/customers', {
        ...{ data_source_uuid: stage.sandbox.leadsSourceUuid, external_id: id, name: 'x' },
      });

      await stage.journeys.leadCreated(id, { occurredAt: adam.lead });
      await until(stage, id, ({ doing }) => doing.startsWith('waiting for the trial'));

      assert.equal(recordOf(stage, id)?.lead_created_at, '2016-01-05T00:00:00.000Z');
    }),
  );

  it(
    'recreates a deleted lead only on request',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await deleteByHand(stage, adam.leadId);
      await trial(stage);
      await inAttention(stage, 'lead-missing');
      assert.equal(records(stage).length, 0);

      await stage.journeys.retry(adam.leadId, { recreate: true });
      await healed(stage);
      await resting(stage);

      assert.deepEqual(records(stage), [{ ...adamProven[0], ids: [adam.leadId] }]);
    }),
  );

  it(
    'recreates a deleted lead with one request, before it has missed the record',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await trial(stage);
      await resting(stage);
      await deleteByHand(stage, adam.leadId);
      assert.equal(records(stage).length, 0);

      await stage.journeys.retry(adam.leadId, { recreate: true });
      await eventually(() => records(stage).length > 0);
      await resting(stage);

      assert.deepEqual(records(stage), [{ ...adamProven[0], ids: [adam.leadId] }]);
    }),
  );

  it(
    'finds a lead that ChartMogul hides after its merge, once the payer is known',
    onStage({ mergedExternalId: 'absent' }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, adam.leadId, adam.payerId);
      await stage.journeys.close(adam.leadId, { note: 'started anew below' });
      await lead(stage);
      await inAttention(stage, 'record-hidden');

      await paid(stage);

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'merges again after a manual unmerge between the trial and the payment',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({ external_id: adam.payerId, trial_started_at: adam.trial });
      await lead(stage);
      await trial(stage, adam.payerId);
      await until(
        stage,
        adam.leadId,
        ({ doing, mergedAt }) => doing === 'waiting for the payment' && mergedAt !== undefined,
      );
      await unmergeByHand(stage, adam.leadId);
      assert.equal(records(stage).length, 2);

      stripe(stage);
      await paid(stage);

      assert.equal((await forwardToEnd(stage, '1 hour')).outcome, 'proven');
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    "looks the customer up again that a person unmerged from the lead's record",
    onStage({}, async (stage) => {
      stage.sandbox.ingest({ external_id: adam.payerId, trial_started_at: adam.trial });
      await lead(stage);
      await trial(stage, adam.payerId);
      await until(stage, adam.leadId, ({ mergedAt }) => mergedAt !== undefined);
      await unmergeCustomerByHand(stage);
      assert.equal(records(stage).length, 2);

      await stage.journeys.correct(adam.leadId, {
        date: 'leadCreatedAt',
        to: '2016-01-04T00:00:00Z',
        note: 'typing error',
      });
      await eventually(() => records(stage).length === 1);
      await resting(stage);

      const confirmations = stage.requests().filter((request) => request.startsWith('GET /v1/customers/cus_'));
      assert.ok(confirmations.length < 20, `${confirmations.length} looks at the merged record`);
    }),
  );
});

/** The lead keeps the merged record; the customer gets a new one. */
function unmergeCustomerByHand(stage: Stage): Promise<void> {
  return call(stage, 'POST', '/v1/customers/unmerges', {
    customer_uuid: uuidOf(stage, adam.leadId),
    data_source_uuid: stage.sandbox.billingSourceUuid,
    external_id: adam.payerId,
  });
}
