import assert from 'node:assert/strict';
import { onStage, type Stage } from '../support/journeys.js';
import {
  adam,
  adamProven,
  calls,
  created,
  forward,
  forwardToEnd,
  healed,
  inAttention,
  lead,
  paid,
  records,
  resting,
  stripe,
  trial,
  view,
} from '../support/scenarios.js';

describe('attention', () => {
  it(
    'is raised at once for a revoked key, and resolved within the hour once the key is valid',
    onStage({}, async (stage) => {
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 401, times: 1 });
      await lead(stage);
      const { attention } = await inAttention(stage, 'unauthorized');
      assert.equal(attention?.status, 401);
      assert.equal(stage.requests().length, 1);

      await forward(stage, '1 hour');
      await resting(stage);

      assert.equal(records(stage).length, 1);
    }),
  );

  for (const [name, next] of [
    ['an operator retries', (stage: Stage) => stage.journeys.retry(adam.leadId)],
    ['the next try is due', (stage: Stage) => forward(stage, '61 minutes')],
  ] as const) {
    it(
      `is resolved by the first lookup that is answered, once ${name}, although the customer is not there yet`,
      onStage({}, async (stage) => {
        stage.sandbox.fault({ route: 'GET /v1/customers', status: 401, times: 1 });
        await lead(stage);
        await paid(stage);
        await inAttention(stage, 'unauthorized');

        await next(stage);
        const { doing } = await healed(stage);
        assert.equal(doing, 'looking for the paying customer');
        assert.ok(stage.requests().includes('GET /v1/customers 200'));

        // The lookup has all its attempts, and what it raises then is its own.
        const asked = new Date().toISOString();
        await forward(stage, '30 minutes');
        const late = await inAttention(stage, 'payer-not-found');
        assert.ok(late.attention && late.attention.since > asked);
        assert.ok(stage.requests().filter((request) => request === 'GET /v1/customers 200').length >= 22);
      }),
    );
  }

  it(
    'is raised for an accepted merge that never happened, and the merge is requested again',
    onStage({ mergeAfterReads: 40 }, async (stage) => {
      stripe(stage);
      await Promise.all([lead(stage), trial(stage), paid(stage)]);
      await calls(stage, 'POST /v1/customers/merges 202', 1);
      await forward(stage, '45 minutes');
      await inAttention(stage, 'merge-unconfirmed');
      const merges = () => stage.requests().filter((request) => request.startsWith('POST /v1/customers/merges')).length;
      assert.equal(merges(), 1);

      assert.equal((await forwardToEnd(stage, '5 hours')).outcome, 'proven');
      assert.ok(merges() > 1);
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  it(
    'is raised if two customers have the same billing id',
    onStage({}, async (stage) => {
      const body = {
        entries: ['a', 'b'].map((name) => payerNamed(stage.sandbox.billingSourceUuid, name)),
        has_more: false,
      };
      stage.sandbox.fault({ route: 'GET /v1/customers', status: 200, body, times: 1 });
      await lead(stage);
      await paid(stage);
      await inAttention(stage, 'payer-ambiguous');

      stripe(stage);
      assert.equal((await forwardToEnd(stage, '2 hours')).outcome, 'proven');
    }),
  );

  it(
    'is raised for a 422 with status and field, and resolved by a retry',
    onStage({}, async (stage) => {
      const body = { errors: { free_trial_started_at: 'marked@example.com is odd' } };
      stage.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 422, body, times: 1 });
      await lead(stage);
      await created(stage);
      await trial(stage);
      const { attention } = await inAttention(stage, 'refused');
      assert.equal(attention?.status, 422);
      assert.match(attention?.detail ?? '', /free_trial_started_at/);
      assert.doesNotMatch(JSON.stringify(await view(stage)), /marked/);

      await stage.journeys.retry(adam.leadId);
      await healed(stage);
      await resting(stage);

      assert.equal(records(stage)[0]?.trial, adamProven[0]?.trial);
    }),
  );

  it(
    'is raised instead of endless writes when ChartMogul answers 200 but keeps other dates',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const [kept] = stage.sandbox.customers();
      stage.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 200, body: kept, times: 2 });
      await trial(stage);

      await inAttention(stage, 'refused');
      const patches = stage.requests().filter((request) => request.startsWith('PATCH')).length;
      assert.equal(patches, 1);
    }),
  );
});

function payerNamed(source: string, name: string) {
  return {
    uuid: `cus_${name}`,
    data_source_uuid: source,
    external_id: adam.payerId,
    data_source_uuids: [source],
    external_ids: [adam.payerId],
    status: 'Active',
    lead_created_at: null,
    free_trial_started_at: null,
  };
}
