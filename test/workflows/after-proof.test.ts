import assert from 'node:assert/strict';
import { recordOf, setDatesByHand, unmergeByHand } from '../support/by-hand.js';
import { onStage, type Stage } from '../support/journeys.js';
import { adam, adamProven, created, ended, lead, paid, records, stripe, trial, view } from '../support/scenarios.js';

const { leadId, payerId } = adam;
const note = 'typed wrong in the CRM';

/** A proven journey. */
async function proven(stage: Stage): Promise<string> {
  stripe(stage);
  await lead(stage);
  await trial(stage);
  await paid(stage);
  assert.equal((await ended(stage)).outcome, 'proven');
  return (await stage.journeys.summary(leadId)).runId;
}

describe('operator commands on a journey that has ended', () => {
  it(
    'correct a proven date, also to a later one, and end proven again',
    onStage({}, async (stage) => {
      await proven(stage);

      const corrected = await stage.journeys.correct(leadId, {
        date: 'leadCreatedAt',
        to: '2016-01-07T00:00:00Z',
        note,
      });
      assert.equal(corrected.leadCreatedAt, '2016-01-07T00:00:00Z');
      assert.equal(corrected.billingCustomerId, payerId);

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.equal(recordOf(stage, leadId)?.lead_created_at, '2016-01-07T00:00:00.000Z');

      // A third run keeps the correction.
      await paid(stage);
      assert.equal((await ended(stage)).leadCreatedAt, '2016-01-07T00:00:00Z');
      assert.equal(recordOf(stage, leadId)?.lead_created_at, '2016-01-07T00:00:00.000Z');
    }),
  );

  it(
    'refuse to correct a date that the ended journey never had',
    onStage({}, async (stage) => {
      stripe(stage, { trial_started_at: undefined });
      await lead(stage);
      await paid(stage);
      await ended(stage);

      const refused = stage.journeys.correct(leadId, { date: 'trialStartedAt', to: adam.trial, note });
      await assert.rejects(refused, /never reported/);
      assert.equal((await ended(stage)).outcome, 'proven');
    }),
  );

  it(
    'retry looks at the record anew, and restores a date that a person changed',
    onStage({}, async (stage) => {
      const before = await proven(stage);
      await setDatesByHand(stage, leadId, { lead_created_at: '2016-03-01T00:00:00Z' });

      await stage.journeys.retry(leadId);

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.notEqual((await stage.journeys.summary(leadId)).runId, before);
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'relink is refused while the record is merged, and moves the lead once it is unmerged',
    onStage({}, async (stage) => {
      await proven(stage);
      const request = { billingCustomerId: 'cus_right', note };
      await assert.rejects(stage.journeys.relink(leadId, request), /already requested/);
      await ended(stage);

      await unmergeByHand(stage, leadId);
      await recordsRead(stage);
      stage.sandbox.ingest({ external_id: 'cus_right', paid_at: adam.paid });
      const relinked = await stage.journeys.relink(leadId, request);
      assert.equal(relinked.billingCustomerId, 'cus_right');

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(records(stage).find(({ ids }) => ids.includes(leadId))?.ids, [leadId, 'cus_right']);
    }),
  );

  it(
    'close ends a proven journey as closed, and its knowledge is not used again',
    onStage({}, async (stage) => {
      await proven(stage);

      const closed = await stage.journeys.close(leadId, { note: 'a test entry' });
      assert.equal(closed.closed, 'a test entry');
      const end = await ended(stage);
      assert.equal(end.outcome, 'closed');
      assert.equal(end.leadCreatedAt, adam.lead);
    }),
  );

  it(
    'close deletes the record of a lead on request, and only that of a lead',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const deleteRecord = true;
      const closed = await stage.journeys.close(leadId, { note, deleteRecord });
      assert.equal(closed.isRecordDeleted, true);
      assert.equal((await ended(stage)).outcome, 'closed');
      assert.deepEqual(records(stage), []);

      await proven(stage);
      await assert.rejects(stage.journeys.close(leadId, { note, deleteRecord }), /merged with other ids/);
      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'close does not close if the record cannot be deleted',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      stage.sandbox.fault({ route: 'DELETE /v1/customers/:uuid', status: 500, times: 3 });
      await assert.rejects(stage.journeys.close(leadId, { note, deleteRecord: true }), /Nothing was deleted/);
      assert.equal((await view(stage)).closed, undefined);

      await stage.journeys.close(leadId, { note, deleteRecord: true });
      assert.equal((await ended(stage)).outcome, 'closed');
      assert.deepEqual(records(stage), []);
    }),
  );

  it(
    'do not revive a closed journey',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await stage.journeys.close(leadId, { note });

      const correction = { date: 'leadCreatedAt', to: adam.lead, note } as const;
      await assert.rejects(stage.journeys.correct(leadId, correction), /was closed/);
      await assert.rejects(stage.journeys.retry(leadId), /was closed/);
      assert.equal((await ended(stage)).closed, note);

      await lead(stage);
      assert.equal((await created(stage)).leadCreatedAt, adam.lead);
    }),
  );

  it(
    'tell that a lead without a journey has none',
    onStage({}, async (stage) => {
      const correction = { date: 'leadCreatedAt', to: adam.lead, note } as const;
      await assert.rejects(stage.journeys.correct('nobody', correction), { name: 'JourneyNotFoundError' });
      await assert.rejects(stage.journeys.retry('nobody'), { name: 'JourneyNotFoundError' });
      await assert.rejects(stage.journeys.close('nobody', { note }), { name: 'JourneyNotFoundError' });
    }),
  );
});

/** The sandbox performs a pending unmerge once the record is read. */
async function recordsRead(stage: Stage): Promise<void> {
  await stage.sandbox.customers();
}
