import assert from 'node:assert/strict';
import { JourneyRefusedError } from '../../src/starter.js';
import { onStage, until } from '../support/journeys.js';
import {
  adam,
  adamProven,
  calls,
  created,
  ended,
  forward,
  forwardToEnd,
  inAttention,
  lead,
  looking,
  paid,
  records,
  resting,
  scenarios,
  stripe,
  trial,
  view,
  wokenLookups,
} from '../support/scenarios.js';

const looks = (requests: string[]) => requests.filter((request) => request.startsWith('GET /v1/customers ')).length;

describe('a hint', () => {
  it(
    'wakes a lookup at once',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await calls(stage, 'GET /v1/customers', 1);
      stripe(stage);

      await stage.journeys.payerHint(adam.leadId);
      await ended(stage);

      assert.equal(await wokenLookups(stage), 1);
    }),
  );

  it(
    'does not extend the lookup, and a second one within ten seconds does nothing',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await calls(stage, 'GET /v1/customers', 1);
      await forward(stage, '10 minutes');
      await calls(stage, 'GET /v1/customers', 11);

      await stage.journeys.payerHint(adam.leadId);
      await calls(stage, 'GET /v1/customers', 12);
      await stage.journeys.payerHint(adam.leadId);
      await forward(stage, '11 minutes');
      await inAttention(stage, 'payer-not-found');

      assert.ok(looks(stage.requests()) <= 22, `${looks(stage.requests())} looks`);
    }),
  );

  it(
    'is dropped without a lookup',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await stage.journeys.payerHint(adam.leadId);
      await resting(stage);
      assert.equal(stage.requests().length, 1);
    }),
  );
});

describe('a correction', () => {
  it(
    'overrides reports and moves the date in ChartMogul later',
    onStage({}, async (stage) => {
      await scenarios.correction.run(stage);
      const result = await ended(stage);
      assert.equal(result.leadCreatedAt, '2016-01-07T09:00:00Z');
      assert.deepEqual(records(stage), [{ ...adamProven[0], lead: '2016-01-07T09:00:00.000Z' }]);
    }),
  );

  it(
    'of a trial moves the lead date that ChartMogul copied from it',
    onStage({}, async (stage) => {
      await trial(stage);
      await created(stage);
      await stage.journeys.correct(adam.leadId, {
        date: 'trialStartedAt',
        to: '2016-02-12T00:00:00Z',
        note: 'typing error',
      });
      await resting(stage);
      assert.deepEqual(records(stage), [
        { ids: [adam.leadId], lead: '2016-02-12T00:00:00.000Z', trial: '2016-02-12T00:00:00.000Z' },
      ]);
    }),
  );

  it(
    'of an unreported date, without a note, or to an invalid date, is rejected',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const { journeys } = stage;
      const request = { date: 'trialStartedAt', to: '2016-02-12T00:00:00Z', note: 'x' } as const;
      await assert.rejects(journeys.correct(adam.leadId, request), JourneyRefusedError);
      await assert.rejects(
        journeys.correct(adam.leadId, { ...request, date: 'leadCreatedAt', note: ' ' }),
        /note must say why/,
      );
      await assert.rejects(
        journeys.correct(adam.leadId, { ...request, date: 'leadCreatedAt', to: '12.02.2016' }),
        /to must be RFC 3339/,
      );
      assert.deepEqual((await view(stage)).corrections, {});
    }),
  );
});

describe('a relink', () => {
  it(
    'ends a lookup for the wrong customer and finds the right one',
    onStage({}, async (stage) => {
      await scenarios.relink.run(stage);
      assert.deepEqual(records(stage), [{ ...adamProven[0] }]);
      assert.equal((await ended(stage)).billingCustomerId, adam.payerId);
    }),
  );

  it(
    'is rejected once a merge was requested, with the command that helps',
    onStage({ mergeAfterReads: 20 }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await calls(stage, 'POST /v1/customers/merges 202', 1);
      await assert.rejects(
        stage.journeys.relink(adam.leadId, { billingCustomerId: 'cus_other', note: 'changed my mind' }),
        /Take it back first: `customer-journey unmerge cus_0001 --note TEXT`/,
      );
      await forwardToEnd(stage, '30 minutes');
    }),
  );
});

describe('several reports at once', () => {
  it(
    'are one message, and create the lead once with both dates',
    onStage({}, async (stage) => {
      stripe(stage);
      await stage.journeys.reported(adam.leadId, {
        leadCreated: { occurredAt: adam.lead },
        trialStarted: { occurredAt: adam.trial },
        paymentSucceeded: { occurredAt: adam.paid, billingCustomerId: adam.payerId },
      });

      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(records(stage), adamProven);
      assert.equal(stage.requests().filter((request) => request.startsWith('PATCH')).length, 1, 'after the merge only');
    }),
  );

  it(
    'are all rejected if one of them is invalid',
    onStage({}, async (stage) => {
      const reports = { leadCreated: { occurredAt: adam.lead }, trialStarted: { occurredAt: '10.02.2016' } };
      await assert.rejects(stage.journeys.reported(adam.leadId, reports), /trialStarted\/occurredAt must be RFC 3339/);
      await assert.rejects(stage.journeys.reported(adam.leadId, {}), /must contain a report/);
    }),
  );
});

describe('invalid messages', () => {
  it(
    'are rejected with a notice and never block a journey',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const journey = stage.journeys.handle(adam.leadId);
      const marked = 'marked@example.com';
      for (const garbage of [
        undefined,
        null,
        7,
        'text',
        [],
        { occurredAt: marked },
        { occurredAt: '2090-01-01T00:00:00Z' },
      ]) {
        await journey.signal('trialStarted', garbage);
        await journey.signal('paymentSucceeded', garbage);
      }
      await journey.signal('retry', 'garbage');
      await journey.signal('nobodyKnowsThis', { anything: marked });

      const seen = await until(stage, adam.leadId, ({ notices }) => notices.length === 5);
      assert.ok(seen.notices.every(({ code }) => code === 'report-refused'));
      assert.doesNotMatch(JSON.stringify(seen), /marked/);

      stripe(stage);
      await Promise.all([trial(stage), paid(stage)]);
      assert.equal((await ended(stage)).outcome, 'proven');
    }),
  );
});

describe('a message from another program', () => {
  it(
    'that is not JSON is rejected with a notice',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const { workflowId } = stage.journeys.handle(adam.leadId);
      for (const encoding of ['json/plain', 'json/protobuf', 'binary/protobuf', '']) {
        const payload = { metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from('{nope') };
        await stage.server.client.workflowService.signalWorkflowExecution({
          namespace: stage.server.namespace,
          workflowExecution: { workflowId },
          signalName: 'trialStarted',
          input: { payloads: [payload] },
        });
      }

      const seen = await until(stage, adam.leadId, ({ notices }) => notices.length > 0);
      assert.equal(seen.notices[0]?.code, 'report-refused');
      await trial(stage);
      await until(stage, adam.leadId, ({ stage }) => stage === 'trial');
    }),
  );

  it(
    'that starts a journey without a valid lead fails the journey',
    onStage({}, async (stage) => {
      for (const argument of [
        undefined,
        'text',
        { leadId: 7 },
        { leadId: 'x', account: 'y', attemptTimeout: 'soon' },
      ]) {
        const journey = await stage.server.client.workflow.start('customerJourney', {
          workflowId: `${stage.account}-${JSON.stringify(argument)}`,
          taskQueue: 'customer-journey',
          args: [argument],
        });
        await assert.rejects(journey.result(), (error: Error) => /invalid input: must be/.test(String(error.cause)));
      }
    }),
  );
});

describe('closing', () => {
  it(
    'ends a journey at once with its note, even during a lookup',
    onStage({}, async (stage) => {
      await lead(stage);
      await paid(stage);
      await looking(stage);
      await assert.rejects(stage.journeys.close(adam.leadId, { note: '' }), /note must say why/);
      await stage.journeys.close(adam.leadId, { note: 'a test entry' });
      const result = await ended(stage);
      assert.equal(result.outcome, 'closed');
      assert.equal(result.closed, 'a test entry');
    }),
  );
});

describe('closing journeys while their requests are answered', () => {
  it(
    'closes each of them, also when an answer arrives in the same moment',
    onStage({ rateLimitPerSecond: 0, maxParallel: 0, worker: { requestsPerSecond: 1000 } }, async (stage) => {
      const leadIds = Array.from({ length: 60 }, (_, number) => `lead_${number}`);

      // Failures are awaited together, so that one does not leave others behind.
      const closed = await Promise.allSettled(
        leadIds.map(async (leadId) => {
          await stage.journeys.leadCreated(leadId, { occurredAt: adam.lead });
          return stage.journeys.close(leadId, { note: 'a test entry' });
        }),
      );

      assert.deepEqual(
        closed.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])),
        [],
      );
      for (const leadId of leadIds) assert.equal((await stage.journeys.handle(leadId).result()).outcome, 'closed');
    }),
  );
});
