import assert from 'node:assert/strict';
import { recordOf, setDatesByHand, unmergeByHand, uuidOf } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import { adam, ended, inAttention, lead, paid, stripe, trial } from '../support/scenarios.js';

const { leadId, payerId } = adam;
const foreign = '2016-01-02T00:00:00Z';
const leadDateOf = (stage: Stage) => recordOf(stage, leadId)?.lead_created_at;

async function reported(stage: Stage, id: string, date: string): Promise<void> {
  await stage.journeys.reported(id, {
    leadCreated: { occurredAt: date },
    paymentSucceeded: { occurredAt: adam.paid, billingCustomerId: payerId },
  });
}

/** A proven record on which a person, or another tool, then sets an earlier lead date. */
async function provenThenChanged(stage: Stage): Promise<void> {
  stripe(stage, { trial_started_at: undefined });
  await lead(stage);
  await paid(stage);
  await ended(stage);
  await setDatesByHand(stage, leadId, { lead_created_at: foreign });
  await stage.journeys.retry(leadId);
}

describe('foreign dates', () => {
  it(
    "says which dates are another lead's, and restores the own ones after that lead was unmerged",
    onStage({}, async (stage) => {
      stripe(stage, { trial_started_at: undefined });
      await reported(stage, 'lead_2', foreign); // by mistake
      await stage.journeys.handle('lead_2').result();
      await reported(stage, leadId, adam.lead);
      const shared = await ended(stage);
      assert.equal(leadDateOf(stage), '2016-01-02T00:00:00.000Z');
      const notice = shared.notices.find(({ code }) => code === 'shared-record');
      assert.match(notice?.text ?? '', /lead_2.*2016-01-02/);

      await unmergeByHand(stage, 'lead_2');
      await until(stage, leadId, () => uuidOf(stage, leadId) !== uuidOf(stage, 'lead_2'));
      await stage.journeys.retry(leadId);
      const alone = await ended(stage);

      assert.equal(alone.outcome, 'proven');
      assert.equal(leadDateOf(stage), '2016-01-05T00:00:00.000Z');
      assert.deepEqual(alone.notices, []);
      assert.equal(alone.otherLeads, undefined);
    }),
  );

  it(
    'does not take the trial of an earlier billing customer for its own after an unmerge and a relink',
    onStage({}, async (stage) => {
      stripe(stage, { trial_started_at: foreign });
      await lead(stage);
      await paid(stage);
      const first = await ended(stage);
      assert.deepEqual([first.trialStartedAt, first.ownDates], [foreign, { leadCreatedAt: adam.lead }]);

      await unmergeByHand(stage, leadId);
      await eventually(() => uuidOf(stage, leadId) !== uuidOf(stage, payerId));
      // The lead's record keeps the dates of the merged one.
      await setDatesByHand(stage, leadId, { lead_created_at: foreign, free_trial_started_at: foreign });
      stage.sandbox.ingest({ external_id: 'cus_own', paid_at: adam.paid });
      await stage.journeys.relink(leadId, { billingCustomerId: 'cus_own', note: 'merged by mistake' });

      const second = await ended(stage);
      assert.deepEqual([second.outcome, second.trialStartedAt], ['proven', undefined]);
      const { lead_created_at, free_trial_started_at } = recordOf(stage, leadId) ?? {};
      assert.deepEqual([lead_created_at, free_trial_started_at], ['2016-01-05T00:00:00.000Z', null]);
    }),
  );

  it(
    'restores the own dates of a lead that was unmerged from a record with earlier ones, in its own record',
    onStage({}, async (stage) => {
      stripe(stage, { trial_started_at: undefined });
      await reported(stage, leadId, adam.lead);
      await trial(stage);
      await ended(stage);
      await reported(stage, 'lead_2', '2016-02-20T00:00:00Z');
      const shared = await stage.journeys.handle('lead_2').result();
      assert.equal(recordOf(stage, 'lead_2')?.lead_created_at, '2016-01-05T00:00:00.000Z');
      assert.equal(shared.trialStartedAt, undefined);

      await unmergeByHand(stage, 'lead_2');
      await until(stage, leadId, () => uuidOf(stage, leadId) !== uuidOf(stage, 'lead_2'));
      stage.sandbox.ingest({ external_id: 'cus_own', paid_at: adam.paid });
      await stage.journeys.relink('lead_2', { billingCustomerId: 'cus_own', note: 'merged by mistake' });
      const end = await stage.journeys.handle('lead_2').result();

      assert.equal(end.outcome, 'proven');
      assert.equal(end.leadCreatedAt, '2016-02-20T00:00:00Z');
      assert.equal(end.trialStartedAt, undefined);
      const { external_ids, lead_created_at, free_trial_started_at } = recordOf(stage, 'lead_2') ?? {};
      assert.deepEqual(
        { external_ids, lead_created_at, free_trial_started_at },
        {
          external_ids: ['lead_2', 'cus_own'],
          lead_created_at: '2016-02-20T00:00:00.000Z',
          free_trial_started_at: null,
        },
      );
    }),
  );

  it(
    'raises attention for a date that nothing known explains, until an operator corrects it',
    onStage({}, async (stage) => {
      await provenThenChanged(stage);
      const { attention, notices, stage: shown } = await inAttention(stage, 'foreign-date');
      assert.equal(shown, 'paid');
      assert.match(attention?.detail ?? '', /lead date 2016-01-02T00:00:00Z/);
      assert.deepEqual(
        notices.map(({ code }) => code),
        ['foreign-date'],
      );
      assert.equal(leadDateOf(stage), '2016-01-02T00:00:00.000Z');

      await stage.journeys.correct(leadId, { date: 'leadCreatedAt', to: adam.lead, note: 'an old import was wrong' });
      assert.equal((await ended(stage)).outcome, 'proven');
      assert.equal(leadDateOf(stage), '2016-01-05T00:00:00.000Z');
    }),
  );

  it(
    'keeps the date if an operator corrects to it, and if a person fixes it in ChartMogul',
    onStage({}, async (stage) => {
      await provenThenChanged(stage);
      await inAttention(stage, 'foreign-date');
      await setDatesByHand(stage, leadId, { lead_created_at: adam.lead });
      await stage.journeys.retry(leadId);
      assert.equal((await ended(stage)).outcome, 'proven');

      await setDatesByHand(stage, leadId, { lead_created_at: foreign });
      await stage.journeys.retry(leadId);
      await inAttention(stage, 'foreign-date');
      await stage.journeys.correct(leadId, { date: 'leadCreatedAt', to: foreign, note: 'it is true' });
      assert.equal((await ended(stage)).outcome, 'proven');
      assert.equal(leadDateOf(stage), '2016-01-02T00:00:00.000Z');
    }),
  );

  it(
    'keeps the date by the setting of the account',
    onStage({ worker: { settings: { foreignDates: 'keep' } } }, async (stage) => {
      await provenThenChanged(stage);
      const kept = await ended(stage);
      assert.equal(kept.outcome, 'proven');
      assert.match(kept.notices.find(({ code }) => code === 'foreign-date')?.text ?? '', /FOREIGN_DATES/);
      assert.equal(leadDateOf(stage), '2016-01-02T00:00:00.000Z');
    }),
  );

  it(
    'replaces the date by the setting of the account',
    onStage({ worker: { settings: { foreignDates: 'replace' } } }, async (stage) => {
      await provenThenChanged(stage);
      const end = await ended(stage);
      assert.equal(end.outcome, 'proven');
      assert.deepEqual(end.notices, []);
      assert.equal(leadDateOf(stage), '2016-01-05T00:00:00.000Z');
    }),
  );
});
