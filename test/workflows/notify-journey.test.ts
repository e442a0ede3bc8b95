import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { notifyJourney } from '../../src/activities/notify-journey.js';
import { withdrawCustomer } from '../../src/activities/withdraw-customer.js';
import { Journeys } from '../../src/starter.js';
import { onStage, until } from '../support/journeys.js';
import { ownNamespace, testServer } from '../support/temporal-server.js';

const paidAt = '2016-02-25T00:00:00Z';
const trialStartedAt = '2016-02-10T05:15:10Z';
const billingCustomerId = 'cus_1';
const note = 'mixed up';
const quiet = { logger: new DefaultLogger('ERROR', () => undefined) };

/** Runs an activity as a worker does, against a client's Temporal server. */
const as = (client: Client, info = {}) => new MockActivityEnvironment(info, { client, ...quiet });

describe('notifying a journey', () => {
  it('starts the journey with trial and payment in one message, with the requested account and priority', async () => {
    const { client } = await testServer();
    const account = `test-${randomUUID().slice(0, 8)}`;
    const dates = { account, leadId: 'a@b.example', billingCustomerId, trialStartedAt, paidAt } as const;

    await as(client, { priority: { priorityKey: 5 } }).run(notifyJourney, dates);

    const journeys = new Journeys({ client, account });
    const summary = await journeys.summary('a@b.example');
    assert.deepEqual(
      [summary.stage, summary.trialStartedAt, summary.paidAt, summary.billingCustomerId],
      ['paid', trialStartedAt, paidAt, billingCustomerId],
    );
    const { events } = await journeys.handle('a@b.example').fetchHistory();
    const signals = events?.filter((event) => event.workflowExecutionSignaledEventAttributes);
    assert.equal(signals?.length, 1);
    assert.equal(events?.[0]?.workflowExecutionStartedEventAttributes?.priority?.priorityKey, 5);
    await journeys.handle('a@b.example').terminate();
  });

  it('fails with a retryable error while Temporal is down', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    const dates = { account: 'default', leadId: 'lead_1', billingCustomerId, paidAt };

    await assert.rejects(as(new Client({ connection })).run(notifyJourney, dates), (error) => {
      assert.ok(error instanceof ApplicationFailure);
      assert.deepEqual([error.type, error.nonRetryable], ['Unavailable', false]);
      assert.match(error.message, /^notifyJourney: Temporal does not answer/);
      return true;
    });
    await connection.close();
  });

  it('reveals nothing of its input in an unexpected error', async () => {
    const { client } = await testServer();
    const dates = { account: 'default', leadId: '', billingCustomerId, paidAt };

    await assert.rejects(
      as(client).run(notifyJourney, dates),
      /notifyJourney: unexpected InvalidInputError, see the worker's log/,
    );
  });
});

describe('withdrawing a billing customer from a journey', () => {
  it(
    'returns the result for a journey that never existed, is running, is merged, or was closed',
    onStage({}, async (stage) => {
      const { account, journeys } = stage;
      const { client } = stage.server;
      const take = (leadId: string, more = {}): ReturnType<typeof withdrawCustomer> =>
        as(client).run(withdrawCustomer, { account, leadId, billingCustomerId, note, ...more });
      const payment = { occurredAt: paidAt, billingCustomerId };
      await journeys.leadCreated('running', { occurredAt: trialStartedAt });
      await journeys.paymentSucceeded('running', payment);
      await journeys.leadCreated('closed', { occurredAt: trialStartedAt });
      await until(stage, 'closed', (view) => view.doing === 'waiting for the trial or the payment');
      await journeys.close('closed', { note });
      await journeys.handle('closed').result();
      await until(stage, 'running', (view) => view.doing === 'looking for the paying customer');

      assert.equal(await take('unknown'), 'nothing-there');
      assert.equal(await take('closed'), 'nothing-there');
      assert.equal(await take('running'), 'withdrawn');

      stage.sandbox.ingest({ external_id: billingCustomerId, paid_at: paidAt });
      await journeys.leadCreated('merged', { occurredAt: trialStartedAt });
      await journeys.paymentSucceeded('merged', payment);
      await journeys.handle('merged').result();
      const refusal = /^is too late: a merge was already requested/;
      const answer = await take('merged');
      assert.ok(typeof answer === 'object' && refusal.test(answer.refusal));
      assert.equal(await take('merged', { billingCustomerId: 'cus_2' }), 'nothing-there');
      assert.equal(await take('merged', { isUnmerged: true }), 'withdrawn');

      await journeys.leadCreated('terminated', { occurredAt: trialStartedAt });
      await journeys.handle('terminated').terminate();
      assert.equal(await take('terminated'), 'nothing-there');
    }),
  );

  it('is retried while no worker answers for the journey', async () => {
    const { client } = await ownNamespace();
    const account = `test-${randomUUID().slice(0, 8)}`;
    const journeys = new Journeys({ client, account });
    await journeys.leadCreated('lead_1', { occurredAt: paidAt });

    await assert.rejects(
      as(client).run(withdrawCustomer, { account, leadId: 'lead_1', billingCustomerId, note }),
      /withdrawCustomer: No worker answers/,
    );
    await journeys.handle('lead_1').terminate();
  });
});
