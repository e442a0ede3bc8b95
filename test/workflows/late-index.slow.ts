import assert from 'node:assert/strict';
import { onStage, type Stage } from '../support/journeys.js';
import { adam, adamProven, ended, lead, paid, records, stripe, trial, view } from '../support/scenarios.js';

const { leadId, payerId } = adam;

describe("a journey that is started again while Temporal's visibility index is behind", () => {
  it(
    'knows the payer from the journey before',
    onStage({ serverKind: 'late-index' }, async (stage) => {
      await proven(stage);

      await trial(stage);

      assert.equal((await ended(stage)).billingCustomerId, payerId);
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'knows what an operator corrected',
    onStage({ serverKind: 'late-index' }, async (stage) => {
      await proven(stage, trial);
      const to = '2016-01-07T00:00:00Z';
      await stage.journeys.correct(leadId, { date: 'leadCreatedAt', to, note: 'typed wrong in the CRM' });
      await ended(stage);
      await stage.journeys.retry(leadId);
      assert.equal((await ended(stage)).leadCreatedAt, to);
      await trial(stage);
      assert.equal((await ended(stage)).leadCreatedAt, to);
      assert.equal((await view(stage)).stage, 'proven');
    }),
  );
});

async function proven(stage: Stage, ...more: (typeof trial)[]): Promise<void> {
  stripe(stage);
  await Promise.all([lead, ...more, paid].map((report) => report(stage)));
  assert.equal((await ended(stage)).outcome, 'proven');
}
