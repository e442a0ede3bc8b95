import assert from 'node:assert/strict';
import { formatInstant } from '../../src/domain/journey/instant.js';
import { type ListedEvent, StripeApi } from '../../src/stripe/api.js';
import { StripeApiError } from '../../src/stripe/api-error.js';
import { stripeEventTypes } from '../../src/stripe/facts.js';
import type { Slice } from '../../src/stripe/sweep-plan.js';
import { type FakeStripe, startFakeStripe, stripeApiKey } from '../support/fake-stripe.js';
import { stripeCustomer } from '../support/stripe.js';

const hourMs = 3_600_000;
const ago = (hours: number) => formatInstant(new Date(Date.now() - hours * hourMs));
const lastDay: Slice = { of: 'events', from: ago(24) };

describe("Stripe's lists", () => {
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
  });
  afterEach(() => stripe.close());

  const apiWith = (settings = {}) =>
    new StripeApi({ apiKey: stripeApiKey, url: stripe.url, requestsPerSecond: 100, ...settings });
  const all = async (slice: Slice, api = apiWith()): Promise<ListedEvent[]> => {
    const listed: ListedEvent[] = [];
    for await (const page of api.list(slice)) listed.push(...page);
    return listed;
  };
  const failureOf = (listing: Promise<unknown>) =>
    listing.then(
      () => assert.fail('it succeeded'),
      (error: unknown) => {
        assert.ok(error instanceof StripeApiError, String(error));
        return error;
      },
    );

  it('are read to their end, in pages, once each, with exactly the types that the gateway reads', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `cus_${index}`);
    // Many in the same second, so that a page ends within a second.
    for (const id of ids) stripe.events.push(stripeCustomer({ customerId: id }).created(ago(1)));
    stripe.events.push({ ...stripeCustomer().created(ago(1)), id: 'evt_other', type: 'charge.refunded' });
    stripe.events.push(stripeCustomer({ customerId: 'cus_old' }).created(ago(25)));

    const listed = await all(lastDay);

    assert.equal(new Set(listed.map(({ id }) => id)).size, 250);
    assert.equal(listed.length, 250);
    assert.equal(stripe.requests.length, 3);
    const types = [...(stripe.requests[0]?.searchParams ?? [])].filter(([key]) => key.startsWith('types'));
    assert.deepEqual(types.map(([, type]) => type).sort(), [...stripeEventTypes].sort());
  });

  it('end before the end of a slice', async () => {
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).created(ago(3)), stripeCustomer().created(ago(1)));

    const listed = await all({ of: 'events', from: ago(5), to: ago(2) });

    assert.deepEqual(
      listed.map(({ data }) => (data.object as { id: string }).id),
      ['cus_1'],
    );
  });

  it('are read at no more than the given rate', async () => {
    for (let index = 0; index < 350; index += 1)
      stripe.events.push(stripeCustomer({ customerId: `cus_${index}` }).created(ago(1)));
    const startedAt = Date.now();

    await all(lastDay, apiWith({ requestsPerSecond: 10 }));

    assert.equal(stripe.requests.length, 4);
    assert.ok(Date.now() - startedAt >= 290);
  });

  it('are repeated after a 429 and after a failure of Stripe', async () => {
    stripe.events.push(stripeCustomer().created(ago(1)));
    stripe.failNext(429, 503, 429);

    assert.equal((await all(lastDay)).length, 1);
    assert.equal(stripe.requests.length, 4);
  });

  it('fail with the setting to change, and without the key', async () => {
    const unauthorized = await failureOf(all(lastDay, apiWith({ apiKey: 'rk_test_wrong' })));
    stripe.forbidden.add('invoices');
    const forbidden = await failureOf(all({ of: 'objects', from: ago(1), to: ago(0) }));
    stripe.failNext(400);
    const refused = await failureOf(all(lastDay));

    assert.deepEqual([unauthorized.kind, unauthorized.code], ['unauthorized', 'config']);
    assert.match(
      unauthorized.message,
      /^Stripe answered 401: it does not accept STRIPE_API_KEY\. Create a restricted key/,
    );
    assert.doesNotMatch(unauthorized.stack ?? '', /rk_test/);
    assert.match(forbidden.message, /^Stripe answered 403: STRIPE_API_KEY lacks a permission/);
    assert.deepEqual([refused.kind, refused.code], ['refused', 'stripe-unavailable']);
  });

  it('fail if nothing listens', async () => {
    const api = apiWith({ url: 'http://127.0.0.1:1' });

    const { kind, message } = await failureOf(all(lastDay, api));

    assert.deepEqual([kind, message], ['unavailable', 'Stripe does not answer: it is safe to repeat the sweep.']);
  });

  it('abandon a request that hangs when they are aborted', async () => {
    const controller = new AbortController();
    const api = new StripeApi({ apiKey: stripeApiKey, url: stripe.url, requestsPerSecond: 100 }, controller.signal);
    const held = stripe.holdAfter(0);

    const listing = assert.rejects(all(lastDay, api), /^Error: enough$/);
    await held;
    controller.abort(new Error('enough'));

    await listing;
    assert.equal(stripe.requests.length, 1);
  });

  it('are no longer read after an abort', async () => {
    const controller = new AbortController();
    const api = new StripeApi({ apiKey: stripeApiKey, url: stripe.url, requestsPerSecond: 100 }, controller.signal);
    controller.abort(new Error('enough'));

    await assert.rejects(all(lastDay, api), /^Error: enough$/);
    assert.equal(stripe.requests.length, 0);
  });

  it('of subscriptions and paid invoices are read as the events that reported them, with their customers', async () => {
    const { trialing, invoice } = stripeCustomer({ customerId: 'cus_1' });
    const paidAt = ago(9);
    const object = (event: ReturnType<typeof trialing>) => event.data.object as never;
    stripe.subscriptions.push({ ...(object(trialing(ago(10))) as object), status: 'canceled' } as never);
    stripe.invoices.push(object(invoice(paidAt)), { ...(object(invoice(ago(8))) as object), status: 'open' } as never);
    stripe.customers.set('cus_1', { id: 'cus_1', object: 'customer', created: 1_700_000_000, metadata: {} });

    const listed = await all({ of: 'objects', from: ago(24), to: ago(0) });

    assert.deepEqual(
      listed.map(({ type }) => type),
      ['customer.subscription.created', 'customer.updated', 'invoice.paid', 'customer.updated'],
    );
    assert.equal(listed[2]?.created, Date.parse(paidAt) / 1000);
  });
});
