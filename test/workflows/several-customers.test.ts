import assert from 'node:assert/strict';
import { recordOf } from '../support/by-hand.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import { adam, ended, inAttention, lead, records } from '../support/scenarios.js';

const { leadId } = adam;
const note = 'one person, two visits of the upgrade page';

/** The trial runs on one billing customer; the payment comes from another one with the same lead. */
const trialOf = (stage: Stage) =>
  stage.journeys.trialStarted(leadId, { occurredAt: adam.trial, billingCustomerId: 'cus_a' });
const paymentOf = (stage: Stage) =>
  stage.journeys.paymentSucceeded(leadId, { occurredAt: adam.paid, billingCustomerId: 'cus_b' });

function ingestBoth({ sandbox }: Stage): void {
  sandbox.ingest({ external_id: 'cus_a', trial_started_at: adam.trial });
  sandbox.ingest({ external_id: 'cus_b', paid_at: adam.paid });
}

const proven = [
  { ids: ['cus_0001', 'cus_a', 'cus_b'], lead: '2016-01-05T00:00:00.000Z', trial: '2016-02-10T05:15:10.000Z' },
];

const orders: Record<string, (stage: Stage) => Promise<unknown>> = {
  'the trial is merged before the payment is reported': async (stage) => {
    ingestBoth(stage);
    await lead(stage);
    await trialOf(stage);
    await until(stage, leadId, ({ doing }) => doing === 'waiting for the payment');
    await paymentOf(stage);
  },
  'the payment is reported first': async (stage) => {
    ingestBoth(stage);
    await paymentOf(stage);
    await lead(stage);
    await trialOf(stage);
  },
};

describe('several billing customers of one lead', () => {
  for (const [order, report] of Object.entries(orders)) {
    it(
      `are shown with both ids until an operator merges them: ${order}`,
      onStage({}, async (stage) => {
        await report(stage);
        const view = await inAttention(stage, 'several-customers');
        assert.equal(view.stage, 'paid');
        assert.equal(view.paidAt, adam.paid);
        assert.match(view.attention?.detail ?? '', /cus_a/);
        assert.match(view.attention?.detail ?? '', /cus_b/);
        assert.match(view.attention?.text ?? '', /customer-journey merge/);
        assert.equal(records(stage).length, 2);

        const other = records(stage)
          .find(({ ids }) => ids.includes(leadId))
          ?.ids.includes('cus_a')
          ? 'cus_b'
          : 'cus_a';
        await stage.journeys.mergeCustomer(leadId, { billingCustomerId: other, note });

        assert.equal((await ended(stage)).outcome, 'proven');
        assert.deepEqual(records(stage), proven);

        // Reported again, nothing is left to do.
        await paymentOf(stage);
        const again = await ended(stage);
        assert.equal(again.outcome, 'proven');
        assert.equal(again.paidAt, adam.paid);
        assert.deepEqual(records(stage), proven);
      }),
    );

    it(
      `are merged by the setting of the account: ${order}`,
      onStage({ worker: { settings: { mergesCustomers: true } } }, async (stage) => {
        await report(stage);
        assert.equal((await ended(stage)).outcome, 'proven');
        assert.deepEqual(records(stage), proven);
      }),
    );
  }

  it(
    'are left alone if the second one belongs to another lead, and the journey ends once it is withdrawn',
    onStage({}, async (stage) => {
      await orders['the trial is merged before the payment is reported']?.(stage);
      await inAttention(stage, 'several-customers');
      await assert.rejects(
        stage.journeys.mergeCustomer(leadId, { billingCustomerId: 'cus_c', note }),
        /not a billing customer of this lead/,
      );

      await stage.journeys.withdraw(leadId, { billingCustomerId: 'cus_b', note: 'paid by somebody else' });
      const view = await until(stage, leadId, ({ attention }) => attention === undefined);
      assert.equal(view.paidAt, undefined);
      assert.equal(records(stage).length, 2);
    }),
  );

  it(
    'count as one if the application reported the payment without a customer just before',
    onStage({}, async (stage) => {
      await lead(stage);
      await stage.journeys.paymentSucceeded(leadId, { occurredAt: adam.paid });
      await until(stage, leadId, ({ doing }) => doing === 'looking for the paying customer');
      stage.sandbox.ingest({ external_id: 'cus_b', paid_at: adam.paid });
      await paymentOf(stage);

      const end = await ended(stage);
      assert.equal(end.outcome, 'proven');
      assert.equal(end.billingCustomerId, 'cus_b');
      assert.deepEqual(end.notices, []);
    }),
  );
});

describe('a trial after the first payment', () => {
  it(
    'changes no date, and is shown in a notice',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({ external_id: 'cus_b', paid_at: adam.paid });
      await lead(stage);
      await paymentOf(stage);
      await ended(stage);

      await stage.journeys.trialStarted(leadId, { occurredAt: '2016-11-25T00:00:00Z', billingCustomerId: 'cus_b' });
      const end = await ended(stage);

      assert.equal(end.outcome, 'proven');
      assert.equal(recordOf(stage, leadId)?.free_trial_started_at, null);
      assert.match(end.notices.find(({ code }) => code === 'trial-after-payment')?.text ?? '', /2016-11-25/);
    }),
  );
});
