import assert from 'node:assert/strict';
import { type BillingFacts, billingFactsOf, joinBillingFacts, noBillingFacts } from '../../src/domain/billing/facts.js';
import { formatInstant } from '../../src/domain/journey/instant.js';
import { readStripeEvent } from '../../src/stripe/facts.js';
import type { MissingEvent } from '../../src/stripe/sweep.js';
import type { BillingReport } from '../../src/workflows/billing-messages.js';
import { run } from '../cli/terminal-stand-in.js';
import { endProcesses, start } from '../e2e/processes.js';
import { openGateway } from '../gateway/gateways.js';
import { type FakeStripe, type ListedObject, startFakeStripe } from '../support/fake-stripe.js';
import { openStage, type Stage, until, untilCustomer } from '../support/journeys.js';
import { type StripeEvent, signedStripeRequest, stripeCustomer } from '../support/stripe.js';

const secret = 'whsec_test0123456789abcdef';
const dayMs = 24 * 3_600_000;
/** A time of the last days, in whole seconds. */
const ago = (days: number) => formatInstant(new Date(Date.now() - days * dayMs));
const peopleCount = 40;

/** The events of people who start a trial, pay, and change, one after the other over five days. */
function eventsOfPeople(): StripeEvent[] {
  return Array.from({ length: peopleCount }, (_, index) => {
    const { created, updated, checkout, trialing, invoice } = stripeCustomer({ customerId: `cus_${index}` });
    const metadata = index % 4 === 0 ? {} : { lead_id: `lead_${index}` };
    const from = 5 - (index / peopleCount) * 3;
    return [
      created(ago(from)),
      checkout(ago(from - 0.01), { metadata }),
      trialing(ago(from - 0.01), metadata),
      invoice(ago(from - 1), metadata, { billing_reason: 'subscription_cycle' }),
      updated(ago(from - 1.2), index % 8 === 0 ? { lead_id: `lead_${index}` } : {}),
      invoice(ago(from - 1.9), metadata),
    ];
  })
    .flat()
    .sort((a, b) => a.created - b.created);
}

function read(event: StripeEvent) {
  return readStripeEvent(event, { readReference: () => ({ kind: 'none' }), now: Date.now() });
}

/** What the gateway's reader takes from events, by customer. */
function factsFrom(events: readonly StripeEvent[]): Map<string, BillingFacts> {
  const known = new Map<string, BillingFacts>();
  for (const event of events) {
    const reading = read(event);
    if (reading.kind !== 'report') continue;
    const before = known.get(reading.billingCustomerId) ?? noBillingFacts;
    known.set(reading.billingCustomerId, joinBillingFacts(before, billingFactsOf(reading.report)));
  }
  return known;
}

describe('a sweep of Stripe', () => {
  let stage: Stage;
  let stripe: FakeStripe;
  let env: NodeJS.ProcessEnv & Record<string, string>;
  beforeEach(async () => {
    stage = await openStage();
    stripe = await startFakeStripe();
    const sandboxUrl = { CHARTMOGUL_URL: stage.sandbox.url };
    env = { ...stage.server.env, JOURNEY_ACCOUNT: stage.account, ...stripe.env, ...sandboxUrl };
  });
  afterEach(async () => {
    await endProcesses();
    await stripe.close();
    await stage.close();
  });

  /** Delivers events to a gateway, as Stripe does. */
  const deliver = async (events: readonly StripeEvent[]) => {
    const gateway = await openGateway({
      account: stage.account,
      address: stage.server.address,
      namespace: stage.server.namespace,
      env: { STRIPE_WEBHOOK_SECRETS: `${stage.account}:test:${secret}`, CHARTMOGUL_URL: stage.sandbox.url },
    });
    for (const event of events) {
      const { body, headers } = signedStripeRequest(event, secret);
      const { status } = await gateway.ask('POST', '/webhooks/stripe', body, headers);
      assert.equal(status, 200);
    }
    await gateway.close();
  };
  const sweep = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await run(['stripe', 'sweep', '--json', ...args], { env });
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  };
  const known = (id: string) => stage.customers.facts(id);
  const knownOf = async (ids: Iterable<string>) =>
    new Map(await Promise.all([...ids].map(async (id) => [id, await known(id)] as const)));
  /** The reports in the history of a customer. */
  const reportsOf = async (id: string): Promise<BillingReport[]> => {
    const { events } = await stage.customers.handle(id).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
      signal ? [JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString())] : [],
    );
  };
  const allReports = async (ids: Iterable<string>) =>
    (
      await Promise.all(
        [...ids].map(async (id) => (await reportsOf(id)).map((report) => JSON.stringify({ id, report }))),
      )
    ).flat();

  it('finds all that a gateway missed in four days, once', async () => {
    stripe.events.push(...eventsOfPeople());
    const outage = Date.now() / 1000 - 4 * 24 * 3600;
    const delivered = stripe.events.filter(({ created }) => created < outage);
    await deliver(delivered);
    const missed = stripe.events.filter(({ created }) => created >= outage);
    const expected = factsFrom(stripe.events);

    const dryRun = await sweep('--since', '6d', '--dry-run');
    const first = await sweep('--since', '6d');
    const second = await sweep();

    assert.deepEqual(await knownOf(expected.keys()), expected);
    assert.equal(first.events, stripe.events.length);
    assert.deepEqual([dryRun.byType, dryRun.missing], [first.byType, first.missing]);
    const missingIds = first.missing.map(({ id }: { id: string }) => id);
    assert.ok(missingIds.length >= missed.length / 2);
    assert.equal(new Set(missingIds).size, missingIds.length);
    assert.ok(missingIds.every((id: string) => missed.some((event) => event.id === id)));
    assert.deepEqual([second.events, second.missing], [stripe.events.length, []]);
    const reports = await allReports(expected.keys());
    const bySweeps = reports.length - delivered.filter((event) => read(event).kind === 'report').length;
    assert.equal(bySweeps, missingIds.length, 'each missing event was reported once, and no other');
    await until(stage, 'lead_1', ({ paidAt }) => paidAt === expected.get('cus_1')?.paidAt);
  });

  it('that is killed and run again has the same end', async () => {
    stripe.events.push(...eventsOfPeople());
    const expected = factsFrom(stripe.events);
    const held = stripe.holdAfter(27);
    const killed = await start('src/starter.ts', ['stripe', 'sweep'], env);
    await held;
    killed.process.kill('SIGKILL');
    assert.equal((await killed.ended).signal, 'SIGKILL');
    const before = [...(await knownOf(expected.keys())).values()].filter((facts) => facts !== undefined).length;
    stripe.release();

    const again = await (await start('src/starter.ts', ['stripe', 'sweep', '--json'], env)).ended;

    assert.equal(again.exitCode, 0, again.stderr);
    assert.ok(before > 0 && before < expected.size, `${before} customers were known when it was killed`);
    assert.deepEqual(await knownOf(expected.keys()), expected);
    const reports = await allReports(expected.keys());
    assert.equal(new Set(reports).size, reports.length, 'no report came twice');
    assert.equal((await sweep()).missing.length, 0);
  });

  it('shows with --dry-run what is missing, and changes nothing', async () => {
    const { created, trialing, invoice } = stripeCustomer({ customerId: 'cus_1' });
    const named = { lead_id: 'lead_1' };
    stripe.events.push(created(ago(3)), trialing(ago(2)), invoice(ago(1), named));
    await deliver(stripe.events.slice(0, 1));
    const before = await reportsOf('cus_1');

    const { exitCode, stdout } = await run(['stripe', 'sweep', '--dry-run'], { env });

    assert.equal(exitCode, 0);
    assert.match(stdout, /^Stripe since .*: 3 events\nTYPE +KNOWN +MISSING +WITHOUT FACTS +UNREADABLE\n/);
    assert.match(stdout, /\ncustomer.created +1 +0 +0 +0\n/);
    assert.match(stdout, /\ninvoice.paid +0 +1 +0 +0\n/);
    assert.match(stdout, /\n2 missing events of 1 customer would be reported:\nCUSTOMER +CREATED +TYPE +FACTS +ID\n/);
    assert.match(
      stdout,
      /\ncus_1 +20\S+Z +customer.subscription.created +trial, start +evt_customersubscriptioncreated_cus_1_/,
    );
    assert.match(stdout, /\ncus_1 +20\S+Z +invoice.paid +payment, lead lead_1 +evt_invoicepaid_cus_1_\d+\n$/);
    assert.deepEqual(await reportsOf('cus_1'), before);
    assert.equal((await sweep()).missing.length, 2);
    assert.match((await run(['stripe', 'sweep', '--dry-run'], { env })).stdout, /\n\nNothing is missing\.\n$/);
  });

  it('finds subscriptions and paid invoices from before the events', async () => {
    const [trialAt, paidAt] = [ago(80), ago(66)];
    const listed = (event: StripeEvent) => event.data.object as unknown as ListedObject; // as Stripe lists it
    const subscriber = stripeCustomer({ customerId: 'cus_1' });
    stripe.subscriptions.push({ ...listed(subscriber.trialing(trialAt)), status: 'canceled' });
    stripe.invoices.push(
      listed(stripeCustomer({ customerId: 'cus_2' }).invoice(paidAt, {}, { metadata: { lead_id: 'lead_2' } })),
    );
    stripe.customers.set('cus_1', listed(subscriber.created(trialAt, { lead_id: 'lead_1' })));
    stripe.events.push(subscriber.invoice(ago(1)));

    const { missing } = await sweep('--since', '90d');

    assert.deepEqual(missing.map(({ type }: { type: string }) => type).sort(), [
      'customer.subscription.created',
      'customer.updated',
      'invoice.paid',
      'invoice.paid',
    ]);
    const one = await untilCustomer(stage, 'cus_1', ({ matchStatus }) => matchStatus === 'matched');
    const two = await untilCustomer(stage, 'cus_2', ({ matchStatus }) => matchStatus === 'matched');
    assert.deepEqual([one.link?.leadId, one.link?.rule, one.trialStartedAt], ['lead_1', 'customer-metadata', trialAt]);
    assert.deepEqual([two.link?.leadId, two.link?.rule, two.paidAt], ['lead_2', 'invoice-metadata', paidAt]);
    assert.deepEqual((await sweep('--since', '90d')).missing, []);
  });

  it('reports the customers of a further billing source under its alias', async () => {
    const metadata = { lead_id: 'lead_1' };
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(1), metadata));

    const { exitCode, stdout } = await run(['stripe', 'sweep', '--json'], { env: { ...env, STRIPE_API_SOURCE: 'us' } });

    assert.equal(exitCode, 0);
    const customers = JSON.parse(stdout).missing.map(({ billingCustomerId }: MissingEvent) => billingCustomerId);
    assert.deepEqual(customers, ['us:cus_1']);
    assert.equal(await known('cus_1'), undefined);
    await until(stage, 'lead_1', ({ billingCustomerId }) => billingCustomerId === 'us:cus_1');
  });

  it('lists an event of an unknown format, reports the others, and ends with 1', async () => {
    const unreadable = stripeCustomer({ customerId: 'cus_1' }).invoice(ago(2));
    delete unreadable.data.object.total;
    stripe.events.push(unreadable, stripeCustomer({ customerId: 'cus_2' }).invoice(ago(1)));

    const { exitCode, stdout } = await run(['stripe', 'sweep'], { env });

    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /\n1 event cannot be read:\n {2}evt_invoicepaid_cus_1_\d+ \(invoice.paid\): \/data\/object\/total must be a number\n$/,
    );
    assert.notEqual((await known('cus_2'))?.paidAt, undefined);
  });

  it('shows its progress on a terminal after two seconds', async () => {
    const slow = { ...env, STRIPE_REQUESTS_PER_SECOND: '1' };

    const { stderr } = await run(['stripe', 'sweep', '--since', '4d'], { env: slow, isTTY: true });

    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a terminal's line is replaced
    assert.match(stderr, /^(?:\r\u001b\[2K\d of 4 days, 0 events, 0 missing)+\r\u001b\[2K$/);
  });

  it('that is stopped with Ctrl-C ends with 130, also while Stripe does not answer', async () => {
    const held = stripe.holdAfter(3);
    const stopped = await start('src/starter.ts', ['stripe', 'sweep'], env);
    await held;
    stopped.process.kill('SIGINT');

    const { exitCode, stderr } = await stopped.ended;

    assert.equal(exitCode, 130);
    assert.equal(stderr, 'Stopped. To continue, run the same command again: what is reported is known by then.\n');
  });

  it('waits after a 429 and continues', async () => {
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(1)));
    stripe.failNext(429, 429);

    assert.equal((await sweep('--since', '2d')).missing.length, 1);
  });

  it('ends with 78 if Stripe does not accept the key, and with 75 if it does not answer', async () => {
    const unauthorized = await run(['stripe', 'sweep'], { env: { ...env, STRIPE_API_KEY: 'rk_test_other' } });
    stripe.forbidden.add('events');
    const forbidden = await run(['stripe', 'sweep', '--json'], { env });
    const away = await run(['stripe', 'sweep'], { env: { ...env, STRIPE_API_URL: 'http://127.0.0.1:1' } });

    assert.deepEqual([unauthorized.exitCode, forbidden.exitCode, away.exitCode], [78, 78, 75]);
    assert.equal(
      unauthorized.stderr,
      'Stripe answered 401: it does not accept STRIPE_API_KEY. ' +
        'Create a restricted key that may read events, subscriptions, invoices and customers.\n',
    );
    assert.equal(JSON.parse(forbidden.stderr).error.code, 'config');
    assert.match(away.stderr, /^Stripe does not answer/);
  });
});

describe('the settings of a sweep', () => {
  it('are checked before anything else', async () => {
    const sweep = (env: NodeJS.ProcessEnv, ...args: string[]) => run(['stripe', 'sweep', ...args], { env });
    const key = { STRIPE_API_KEY: 'rk_live_51SwJourney' };

    const missing = await sweep({});
    const wrong = await sweep({ STRIPE_API_KEY: 'whsec_1', STRIPE_METADATA_KEY: 'x'.repeat(41), STRIPE_API_URL: 'no' });
    const test = await sweep({ STRIPE_API_KEY: 'rk_test_51SwJourney' });
    const since = await sweep(key, '--since', '30');
    const both = await sweep(key, '--every', '6h', '--dry-run');
    const often = await sweep(key, '--every', '1s');
    const seldom = await sweep(key, '--every', '30d');
    const nothing = await run(['stripe'], { env: {} });

    assert.deepEqual(
      [missing, wrong, test].map(({ exitCode }) => exitCode),
      [78, 78, 78],
    );
    assert.match(missing.stderr, /STRIPE_API_KEY is missing/);
    assert.match(
      wrong.stderr,
      /STRIPE_METADATA_KEY must not .*\n.*STRIPE_API_KEY must be an API key.*\n.*STRIPE_API_URL must be a URL/,
    );
    assert.doesNotMatch(wrong.stderr, /whsec_1/);
    assert.match(test.stderr, /STRIPE_API_KEY is a test key, but CHARTMOGUL_URL is ChartMogul's real API/);
    assert.deepEqual(
      [since, both, often, seldom, nothing].map(({ exitCode }) => exitCode),
      [2, 2, 2, 2, 2],
    );
    assert.match(since.stderr, /--since must be a duration with a unit/);
    assert.match(often.stderr, /--every must be between 1 minute and 29 days/);
    assert.match(nothing.stderr, /sweep/);
  });
});
