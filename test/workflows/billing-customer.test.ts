import assert from 'node:assert/strict';
import { BillingCustomers, InvalidInputError, NoWorkerError } from '../../src/starter.js';
import { actionsSince, countedActions } from '../../tools/temporal-server/metrics.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import {
  began,
  billingScenarios,
  journeyNotified,
  known,
  letDaysPass,
  linked,
  payment,
  renewal,
  tell,
  tried,
} from '../support/billing-scenarios.js';
import { eventually } from '../support/eventually.js';
import { onStage, type Stage, until, untilCustomer, workerOf } from '../support/journeys.js';
import { runs } from '../support/runs.js';
import { adam, adamProven, calls, created, ended, lead, records, stripe } from '../support/scenarios.js';

const { leadId, payerId } = adam;

/** The number of events of each type in a customer's history. */
async function eventsOf(stage: Stage, billingCustomerId: string = payerId): Promise<Record<string, number>> {
  const { events } = await stage.customers.handle(billingCustomerId).fetchHistory();
  const counts: Record<string, number> = {
    all: events?.length ?? 0,
    signals: 0,
    activities: 0,
    upserts: 0,
    timers: 0,
    markers: 0,
  };
  const count = (kind: string, event: unknown) => {
    if (event) counts[kind] = (counts[kind] ?? 0) + 1;
  };
  for (const event of events ?? []) {
    count('signals', event.workflowExecutionSignaledEventAttributes);
    count('activities', event.activityTaskScheduledEventAttributes);
    count('upserts', event.upsertWorkflowSearchAttributesEventAttributes);
    count('upserts', event.workflowPropertiesModifiedEventAttributes);
    count('timers', event.timerStartedEventAttributes);
    count('markers', event.markerRecordedEventAttributes);
  }
  return counts;
}

const preExisting = runs(20);

describe('a billing customer', () => {
  it(
    "tells its lead's journey of trial and payment, and the journey is proven",
    onStage({}, async (stage) => {
      await lead(stage);
      stripe(stage);
      await tell(stage, { ...linked, ...began }, tried, payment);

      assert.equal((await ended(stage)).outcome, 'proven');
      const customer = await journeyNotified(stage);
      assert.deepEqual(records(stage), adamProven);
      assert.deepEqual(customer, {
        billingCustomerId: payerId,
        account: stage.account,
        matchStatus: 'matched',
        ...linked,
        otherLeadIds: [],
        suggestedLeadIds: [],
        trialStartedAt: adam.trial,
        paidAt: adam.paid,
        notified: { leadId, trialStartedAt: adam.trial, paidAt: adam.paid },
        notices: [],
      });
    }),
  );

  it(
    'triggers the merge at the trial, before the payment',
    onStage({}, async (stage) => {
      await billingScenarios['billing-trial-then-payment'].run(stage);

      assert.equal((await ended(stage)).outcome, 'proven');
      const merge = stage.requests().indexOf('POST /v1/customers/merges 202');
      assert.ok(merge > 0);
      assert.deepEqual(records(stage), adamProven);
      const { activities, markers } = await eventsOf(stage);
      assert.deepEqual([activities, markers], [2, 0]);
    }),
  );

  it(
    'handles a year of renewals after a proven journey with 12 signals and nothing else',
    onStage({}, async (stage) => {
      await lead(stage);
      stripe(stage);
      await tell(stage, { ...linked, ...began }, payment);
      await ended(stage);
      await journeyNotified(stage);
      const before = await eventsOf(stage);
      const requestsBefore = stage.requests().length;
      const { metricsUrl, namespace } = stage.server;
      const actionsBefore = await countedActions(metricsUrl, namespace);

      for (let month = 0; month < 12; month += 1) await tell(stage, renewal(month));
      await known(stage, ({ matchStatus }) => matchStatus === 'matched');

      const { grpc_QueryWorkflow, ...actions } = actionsSince(
        actionsBefore,
        await countedActions(metricsUrl, namespace),
      );
      assert.deepEqual(actions, { grpc_SignalWithStartWorkflowExecution: 12 });
      const { all, ...after } = await eventsOf(stage);
      assert.deepEqual({ ...after, all: before.all }, { ...before, signals: (before.signals ?? 0) + 12 });
      assert.equal(stage.requests().length, requestsBefore);
      const customer = await known(stage, () => true);
      assert.deepEqual([customer.attention, customer.paidAt], [undefined, adam.paid]);
      assert.equal((await stage.journeys.summary(leadId)).status, 'COMPLETED', 'no journey was started again');
    }),
  );

  it(
    `that is one of ${preExisting} pre-existing ones needs no attention and no timer`,
    onStage({}, async (stage) => {
      const ids = Array.from({ length: preExisting }, (_, number) => `cus_old_${number}`);
      for (let first = 0; first < ids.length; first += 20) {
        await Promise.all(ids.slice(first, first + 20).map((id) => stage.customers.reported(id, payment)));
      }
      await Promise.all(ids.map((id) => untilCustomer(stage, id, ({ matchStatus }) => matchStatus === 'pre-existing')));

      for (let first = 0; first < ids.length; first += 20) {
        const events = await Promise.all(ids.slice(first, first + 20).map((id) => eventsOf(stage, id)));
        for (const { all, ...counts } of events) {
          assert.deepEqual(counts, { signals: 1, activities: 0, upserts: 0, timers: 0, markers: 0 });
        }
      }
      const last = ids.at(-1) ?? '';
      await fastForward(stage.customers.handle(last), '30 days');
      await stage.customers.reported(last, { paidAt: '2016-03-25T00:00:00Z' });
      assert.equal((await stage.customers.view(last)).attention, undefined);
      await untilCount(stage, preExisting);
      assert.equal(await stage.customers.count({ attention: true }), 0);
      assert.deepEqual(stage.requests(), []);
    }),
  );

  it(
    'gives the same result for several orders of its events, each sent twice',
    onStage({}, async (stage) => {
      // Every order is in test/unit/billing-facts.test.ts.
      const orders = permutations([began, tried, payment, linked]).filter((_, number) => number % 4 === 0);
      const idOf = (number: number) => `cus_order_${number}`;
      await Promise.all(
        orders.map(async (order, number) => {
          const link = { leadId: `lead_order_${number}`, rule: 'subscription-metadata' } as const;
          for (const report of [...order, ...order]) {
            await stage.customers.reported(idOf(number), 'link' in report ? { link } : report);
          }
        }),
      );

      const wanted = { trialStartedAt: adam.trial, paidAt: adam.paid };
      for (const [number] of orders.entries()) {
        const customer = await untilCustomer(stage, idOf(number), (seen) => seen.notified?.paidAt !== undefined);
        const leadIdOfOrder = `lead_order_${number}`;
        assert.deepEqual(customer.notified, { leadId: leadIdOfOrder, ...wanted });
        assert.deepEqual([customer.matchStatus, customer.attention], ['matched', undefined]);
        const journey = await until(stage, leadIdOfOrder, ({ paidAt }) => paidAt !== undefined);
        assert.deepEqual([journey.trialStartedAt, journey.paidAt], [adam.trial, adam.paid]);
      }
      assert.equal(orders.length, 6);
    }),
  );

  it(
    'with a payment that has no lead for a day raises attention, until an event names the lead',
    onStage({}, async (stage) => {
      await tell(stage, began, payment);
      await known(stage, ({ matchStatus }) => matchStatus === 'unmatched');
      await letDaysPass(stage, '23 hours');
      assert.equal((await known(stage, () => true)).attention, undefined);

      await letDaysPass(stage, '2 hours');
      const { attention } = await known(stage, (seen) => seen.attention !== undefined);
      assert.equal(attention?.code, 'payment-unmatched');

      await tell(stage, linked);
      assert.equal((await journeyNotified(stage)).attention, undefined);
      await until(stage, leadId, ({ paidAt }) => paidAt === adam.paid);
    }),
  );

  it(
    'with a trial that has no lead for a day raises attention, also for its payment, until an event names the lead',
    onStage({}, async (stage) => {
      await billingScenarios['billing-trial-unmatched'].run(stage);

      const { matchStatus, attention } = await known(stage, () => true);
      assert.deepEqual([matchStatus, attention], ['matched', undefined]);
      const { markers, timers } = await eventsOf(stage);
      assert.deepEqual([markers, timers], [1, 1]);
    }),
  );

  it(
    'for which events name another lead after the notification raises attention, until an operator links it',
    onStage({}, async (stage) => {
      await billingScenarios['billing-lead-conflict'].run(stage);

      const { link, attention, otherLeadIds } = await known(stage, () => true);
      assert.deepEqual([link?.rule, attention, otherLeadIds], ['operator', undefined, ['cus_0002']]);
    }),
  );

  it(
    'accepts events while no worker runs, and the next worker notifies the journey',
    onStage({}, async (stage) => {
      stage.worker.stop();
      await stage.worker.ended;
      await tell(stage, linked, payment);
      const { client } = stage.server;
      const impatient = new BillingCustomers({ client, account: stage.account, timeout: '1 second' });
      await assert.rejects(impatient.link(payerId, { leadId: 'lead_x', note: 'x' }), NoWorkerError);

      stage.worker = await workerOf(stage.config, stage.server);
      await journeyNotified(stage, 'lead_x');
    }),
  );
});

describe('a hint for a billing customer', () => {
  it(
    'starts nothing for an unknown customer',
    onStage({}, async (stage) => {
      assert.equal(await stage.customers.hint('cus_unknown'), false);
      assert.equal(await stage.customers.count(), 0);
      await assert.rejects(stage.customers.view('cus_unknown'), /Unknown billing customer cus_unknown/);
    }),
  );

  it(
    "wakes its lead's lookup at most once per ten seconds",
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await tell(stage, linked, payment);
      await calls(stage, 'GET /v1/customers', 1);
      await journeyNotified(stage);

      for (let times = 0; times < 5; times += 1) assert.equal(await stage.customers.hint(payerId), true);
      await calls(stage, 'GET /v1/customers', 2);
      await known(stage, () => true);

      const looks = stage.requests().filter((request) => request.startsWith('GET /v1/customers'));
      assert.equal(looks.length, 2);
    }),
  );

  it(
    'is dropped before the payment, and after the journey has ended',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await tell(stage, linked);
      await stage.customers.hint(payerId);
      await tell(stage, payment);
      await ended(stage);
      await journeyNotified(stage);
      await stage.customers.hint(payerId);
      await tell(stage, { suggestedLeadId: 'lead_after' });

      // It still answers, and accepts events.
      await known(stage, ({ suggestedLeadIds }) => suggestedLeadIds.length === 1);
      assert.equal((await stage.journeys.summary(leadId)).status, 'COMPLETED');
    }),
  );
});

describe('invalid messages to a billing customer', () => {
  it(
    'are rejected with a notice and never block it',
    onStage({}, async (stage) => {
      await tell(stage, linked);
      const customer = stage.customers.handle(payerId);
      const marked = 'marked@example.com';
      for (const garbage of [undefined, null, 7, 'text', [], {}, { paidAt: marked }, { link: { leadId } }]) {
        await customer.signal('billingReported', garbage);
      }
      await customer.signal('billingHint', 'garbage');
      await customer.signal('nobodyKnowsThis', { anything: marked });
      for (const garbage of [undefined, 7, { leadId }, { leadId: 7, note: 'x' }]) {
        await assert.rejects(customer.executeUpdate('linkLead', { args: [garbage] }));
      }

      const seen = await known(stage, ({ notices }) => notices.length > 0);
      assert.ok(seen.notices.every(({ code }) => code === 'report-refused'));
      assert.doesNotMatch(JSON.stringify(seen), /marked/);
      await tell(stage, payment);
      await journeyNotified(stage);
    }),
  );

  it(
    'start nothing when the starter rejects them',
    onStage({}, async (stage) => {
      const { customers } = stage;
      await assert.rejects(customers.reported('', payment), InvalidInputError);
      await assert.rejects(customers.reported(payerId, {}), /must contain one of/);
      await assert.rejects(
        customers.reported(payerId, { link: { leadId: 'a@b.example', rule: 'customer-metadata' } }),
        /looks like an e-mail address/,
      );
      await assert.rejects(customers.link(payerId, { leadId, note: ' ' }), /note must say why/);
      await assert.rejects(customers.hint('\n'), InvalidInputError);
      assert.equal(await customers.count(), 0);
    }),
  );

  it(
    'cannot start one',
    onStage({}, async (stage) => {
      for (const argument of [undefined, 'text', { billingCustomerId: 7, account: 'x' }]) {
        const started = await stage.server.client.workflow.start('billingCustomer', {
          workflowId: `${stage.account}-${JSON.stringify(argument)}`,
          taskQueue: 'customer-journey',
          args: [argument],
        });
        await assert.rejects(started.result(), (error: Error) =>
          /invalid input: must be { billingCustomerId/.test(String(error.cause)),
        );
      }
    }),
  );
});

describe("billing customers in Temporal's visibility store", () => {
  it(
    'are listed by match status and attention with their lead, and do not count as journeys',
    onStage({}, async (stage) => {
      const { customers } = stage;
      await lead(stage);
      await tell(stage, linked, payment);
      await journeyNotified(stage);
      await customers.reported('cus_old', { ...payment, suggestedLeadId: 'lead_7' });
      await customers.reported('someone@example.com', began);
      await untilCount(stage, 3);

      const listed = await all(customers.list());
      const byId = (id: string) => listed.find(({ billingCustomerId }) => billingCustomerId === id);
      assert.deepEqual(
        [byId(payerId)?.matchStatus, byId(payerId)?.leadId, byId(payerId)?.paidAt],
        ['matched', leadId, adam.paid],
      );
      assert.deepEqual([byId('cus_old')?.matchStatus, byId('cus_old')?.suggestedLeadIds], ['pre-existing', ['lead_7']]);
      assert.equal(byId('someone@example.com')?.matchStatus, 'waiting');
      assert.equal(await customers.count({ matchStatus: 'pre-existing' }), 1);
      assert.equal(await customers.count({ attention: true }), 0);
      assert.equal(await stage.journeys.count({ includeClosed: true }), 1);

      const { typedSearchAttributes } = await customers.handle('someone@example.com').describe();
      assert.doesNotMatch(JSON.stringify(typedSearchAttributes), /someone/);
    }),
  );

  it(
    'accept a lead id that the gateway accepted, even an e-mail address',
    onStage({}, async (stage) => {
      const customers = new BillingCustomers({
        client: stage.server.client,
        account: stage.account,
        allowEmailLeadIds: true,
        attemptTimeout: '7 seconds',
      });
      await customers.reported(payerId, { link: { leadId: 'a@b.example', rule: 'customer-metadata' }, ...payment });
      await journeyNotified(stage, 'a@b.example');

      const { events } = await stage.journeys.handle('a@b.example').fetchHistory();
      const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
      assert.equal(JSON.parse(Buffer.from(input ?? []).toString()).attemptTimeout, '7 seconds');
    }),
  );
});

async function untilCount(stage: Stage, wanted: number): Promise<void> {
  await eventually(async () => (await stage.customers.count()) >= wanted);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((others) => [item, ...others]),
  );
}
