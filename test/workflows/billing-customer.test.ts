import assert from 'node:assert/strict';
import { onStage, untilCustomer } from '../support/journeys.js';
import { adam, adamProven, ended, lead, records, stripe } from '../support/scenarios.js';

const { leadId, payerId } = adam;

describe('a billing customer', () => {
  it(
    "tells its lead's journey of trial and payment, and the journey is proven",
    onStage({}, async (stage) => {
      await lead(stage);
      stripe(stage);
      await stage.customers.reported(payerId, { link: { leadId, rule: 'subscription-metadata' }, begins: true });
      await stage.customers.reported(payerId, { trialStartedAt: adam.trial });
      await stage.customers.reported(payerId, { paidAt: adam.paid });

      assert.equal((await ended(stage)).outcome, 'proven');
      const view = await untilCustomer(stage, payerId, ({ handedOver }) => handedOver?.paidAt !== undefined);

      assert.deepEqual(records(stage), adamProven);
      assert.equal(view.standing, 'matched');
      assert.deepEqual(view.handedOver, { leadId, trialStartedAt: adam.trial, paidAt: adam.paid });
      assert.deepEqual(view.notices, []);
    }),
  );
});
