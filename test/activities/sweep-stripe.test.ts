import assert from 'node:assert/strict';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import type { SweepSettings } from '../../src/activities/deps.js';
import { sweepStripeActivity } from '../../src/activities/sweep-stripe.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import { formatInstant } from '../../src/domain/journey/instant.js';
import type { SweepProgress } from '../../src/stripe/sweep.js';
import { type FakeStripe, startFakeStripe, stripeApiKey } from '../support/fake-stripe.js';
import { stripeCustomer } from '../support/stripe.js';
import { failureOf } from './bench.js';

const ago = (hours: number) => formatInstant(new Date(Date.now() - hours * 3_600_000));
const input = { account: 'acme', since: ago(60), startedAt: ago(0) };

describe('sweepStripe', () => {
  let stripe: FakeStripe;
  const reported: string[] = [];
  const logged: LogEntry[] = [];
  beforeEach(async () => {
    stripe = await startFakeStripe();
    reported.length = 0;
    logged.length = 0;
  });
  afterEach(() => stripe.close());

  /** Knows no customer, and accepts every report. */
  const client = {
    workflow: {
      getHandle: (workflowId: string) => ({
        async query() {
          throw new WorkflowNotFoundError('unknown', workflowId, undefined);
        },
      }),
      async signalWithStart(_type: string, { workflowId }: { workflowId: string }) {
        reported.push(workflowId);
        return { workflowId, signaledRunId: 'run' };
      },
    },
    withAbortSignal: (_signal: AbortSignal, call: () => Promise<unknown>) => call(),
    withDeadline: (_deadline: number, call: () => Promise<unknown>) => call(),
  } as unknown as Client;

  const environmentOf = (info = {}) =>
    new MockActivityEnvironment(info, { client, logger: new DefaultLogger('DEBUG', (entry) => logged.push(entry)) });
  const settings = (changes: Partial<SweepSettings['api']> = {}): SweepSettings => ({
    api: { apiKey: stripeApiKey, url: stripe.url, requestsPerSecond: 100, ...changes },
    reading: {
      metadataKey: 'lead_id',
      referenceSecrets: [],
      trustUnsignedReferences: false,
      allowEmailLeadIds: false,
    },
    attemptTimeout: '40 seconds',
  });
  const activityOf = (stripeSettings?: SweepSettings) =>
    sweepStripeActivity({
      chartMogul: new ChartMogulClient({ apiKey: 'k', url: 'http://127.0.0.1:9' }),
      sources: () => ({ leads: 'ds_1', billing: 'ds_2' }),
      ...(stripeSettings !== undefined && { stripe: stripeSettings }),
    });

  /** The mock's type does not have the result's. */
  const run = async (environment: MockActivityEnvironment) =>
    (await environment.run(activityOf(settings()), input)) as Awaited<ReturnType<ReturnType<typeof activityOf>>>;

  it('reports what is missing, and returns what it was', async () => {
    const unreadable = stripeCustomer({ customerId: 'cus_2' }).invoice(ago(2));
    delete unreadable.data.object.total;
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(3), { lead_id: 'lead_1' }), unreadable);

    const output = await run(environmentOf());

    assert.deepEqual(reported, ['billing/acme/cus_1']);
    const { examples, ...counts } = output;
    assert.deepEqual(counts, { events: 2, missing: 1, unreadable: 1 });
    assert.match(examples.join('; '), /^missing: invoice.paid evt_\w+ of cus_1; unreadable: invoice.paid evt_\w+$/);
    assert.ok(logged.some(({ level, message }) => level === 'WARN' && message === 'swept Stripe'));
  });

  it('heartbeats with its progress, and continues from it', async () => {
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(50)));
    stripe.events.push(stripeCustomer({ customerId: 'cus_2' }).invoice(ago(5)));
    const environment = environmentOf();
    const heartbeats: SweepProgress[] = [];
    environment.on('heartbeat', (details: SweepProgress) => heartbeats.push(details));
    await environment.run(activityOf(settings()), input);
    const [last] = heartbeats.slice(-1);
    assert.ok(last);
    assert.deepEqual([last.slices, last.found.events], [3, 2]);
    assert.ok(!JSON.stringify(heartbeats).includes(stripeApiKey));
    const requests = stripe.requests.length;
    const before = { ...last, slices: 2, found: { ...last.found, events: 1 } };

    const output = await run(environmentOf({ heartbeatDetails: before }));

    assert.equal(stripe.requests.length - requests, 1);
    assert.equal(output.events, 2);
  });

  it('fails for good without a key, and with a key that Stripe does not accept', async () => {
    const missing = await failureOf(environmentOf().run(activityOf(), input));
    const wrong = await failureOf(environmentOf().run(activityOf(settings({ apiKey: 'rk_test_other' })), input));

    assert.deepEqual([missing.type, missing.nonRetryable], ['Unauthorized', true]);
    assert.equal(
      missing.message,
      'sweepStripe: the worker of account acme has no STRIPE_API_KEY; set it and restart the worker',
    );
    assert.deepEqual([wrong.type, wrong.nonRetryable], ['Unauthorized', true]);
    assert.match(wrong.message, /^sweepStripe: Stripe answered 401: it does not accept STRIPE_API_KEY/);
    assert.doesNotMatch(JSON.stringify(wrong), /rk_test/);
  });

  it('is retried if Stripe does not answer', async () => {
    const { type, nonRetryable } = await failureOf(
      environmentOf().run(activityOf(settings({ url: 'http://127.0.0.1:1' })), input),
    );

    assert.deepEqual([type, nonRetryable], ['Unavailable', false]);
  });

  for (const [reason, isExpected] of [
    ['CANCELLED', (error: unknown) => error instanceof CancelledFailure],
    ['WORKER_SHUTDOWN', (error: unknown) => Object(error).type === 'Interrupted'],
  ] as const) {
    it(`stops after the running request when ${reason}`, async () => {
      const environment = environmentOf();
      const held = stripe.holdAfter(1);
      const running = environment.run(activityOf(settings()), input);
      await held;
      environment.cancel(reason);
      stripe.release();

      await assert.rejects(running, isExpected);
      assert.equal(stripe.requests.length, 2);
    });
  }
});
