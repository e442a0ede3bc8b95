import assert from 'node:assert/strict';
import { onStage } from '../support/journeys.js';
import {
  calls,
  created,
  forward,
  forwardToEnd,
  inAttention,
  lead,
  looking,
  paid,
  records,
  resting,
  stripe,
} from '../support/scenarios.js';

const hoursBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 3_600_000;

describe('the slow lane', () => {
  it(
    'looks up the payer 21 times in 20 minutes, raises attention, retries hourly for three days, then daily',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await looking(stage);
      await forward(stage, '30 minutes');
      const { attention } = await inAttention(stage, 'payer-not-found');
      const looks = () => stage.requests().filter((request) => request.startsWith('GET /v1/customers ')).length;
      assert.equal(looks(), 21);
      assert.equal(attention?.step, 'findPayingCustomer');
      assert.equal(hoursBetween(attention?.since ?? '', attention?.nextTryAt ?? ''), 1);

      await forward(stage, '72 hours');
      await calls(stage, 'GET /v1/customers ', 21 + 72);
      await forward(stage, '48 hours');
      await calls(stage, 'GET /v1/customers ', 21 + 74);
      const later = await inAttention(stage, 'payer-not-found');
      assert.equal(looks(), 21 + 74);
      assert.equal(later.attention?.since, attention?.since, 'a failure refreshes the attention, not its beginning');

      stripe(stage, { trial_started_at: undefined });
      assert.equal((await forwardToEnd(stage, '25 hours')).attention, undefined);
    }),
  );

  it(
    'is not used for an outage of ten minutes, and retries hourly during a longer one',
    onStage({}, async (stage) => {
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 502, times: 16 + 80 });
      await lead(stage);
      await calls(stage, 'POST /v1/customers', 1);
      await forward(stage, '16 minutes');
      await inAttention(stage, 'unavailable');
      assert.equal(stage.requests().length, 16);

      await forward(stage, '100 hours');
      await resting(stage);

      assert.equal(records(stage).length, 1, 'hourly, however long it lasts: 80 hours, not 8 days');
    }),
  );
});
