import assert from 'node:assert/strict';
import type { MissingEvent } from '../../src/stripe/sweep.js';
import { run } from '../cli/terminal-stand-in.js';
import type { ListedObject } from '../support/fake-stripe.js';
import { until, untilCustomer } from '../support/journeys.js';
import { type StripeEvent, stripeCustomer } from '../support/stripe.js';
import { ago, eventsOfPeople, factsFrom, read, Sweeps } from './sweeping.js';

describe('a sweep of Stripe', () => {
  let sweeps: Sweeps;
  beforeEach(async () => {
    sweeps = await Sweeps.open();
  });
  afterEach(() => sweeps.close());

  it('finds all that a gateway missed in four days, once', async () => {
    sweeps.stripe.events.push(...eventsOfPeople(16));
    const outage = Date.now() / 1000 - 4 * 24 * 3600;
    const delivered = sweeps.stripe.events.filter(({ created }) => created < outage);
    await sweeps.deliver(delivered);
    const missed = sweeps.stripe.events.filter(({ created }) => created >= outage);
    const expected = factsFrom(sweeps.stripe.events);

    const dryRun = await sweeps.sweep('--since', '6d', '--dry-run');
    const first = await sweeps.sweep('--since', '6d');
    const second = await sweeps.sweep();

    assert.deepEqual(await sweeps.knownOf(expected.keys()), expected);
    assert.equal(first.events, sweeps.stripe.events.length);
    assert.deepEqual([dryRun.byType, dryRun.missing], [first.byType, first.missing]);
    const missingIds = first.missing.map(({ id }: { id: string }) => id);
    assert.ok(missingIds.length >= missed.length / 2);
    assert.equal(new Set(missingIds).size, missingIds.length);
    assert.ok(missingIds.every((id: string) => missed.some((event) => event.id === id)));
    assert.deepEqual([second.events, second.missing], [sweeps.stripe.events.length, []]);
    const reports = await sweeps.allReports(expected.keys());
    const bySweeps = reports.length - delivered.filter((event) => read(event).kind === 'report').length;
    assert.equal(bySweeps, missingIds.length, 'each missing event was reported once, and no other');
    await until(sweeps.stage, 'lead_1', ({ paidAt }) => paidAt === expected.get('cus_1')?.paidAt);
  });

  it('shows with --dry-run what is missing, and changes nothing', async () => {
    const { created, trialing, invoice } = stripeCustomer({ customerId: 'cus_1' });
    const named = { lead_id: 'lead_1' };
    sweeps.stripe.events.push(created(ago(3)), trialing(ago(2)), invoice(ago(1), named));
    await sweeps.deliver(sweeps.stripe.events.slice(0, 1));
    const before = await sweeps.reportsOf('cus_1');

    const { exitCode, stdout } = await run(['stripe', 'sweep', '--dry-run'], { env: sweeps.env });

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
    assert.deepEqual(await sweeps.reportsOf('cus_1'), before);
    assert.equal((await sweeps.sweep()).missing.length, 2);
    assert.match(
      (await run(['stripe', 'sweep', '--dry-run'], { env: sweeps.env })).stdout,
      /\n\nNothing is missing\.\n$/,
    );
  });

  it('finds subscriptions and paid invoices from before the events', async () => {
    const [trialAt, paidAt] = [ago(80), ago(66)];
    const listed = (event: StripeEvent) => event.data.object as unknown as ListedObject; // as Stripe lists it
    const subscriber = stripeCustomer({ customerId: 'cus_1' });
    sweeps.stripe.subscriptions.push({ ...listed(subscriber.trialing(trialAt)), status: 'canceled' });
    sweeps.stripe.invoices.push(
      listed(stripeCustomer({ customerId: 'cus_2' }).invoice(paidAt, {}, { metadata: { lead_id: 'lead_2' } })),
    );
    sweeps.stripe.customers.set('cus_1', listed(subscriber.created(trialAt, { lead_id: 'lead_1' })));
    sweeps.stripe.events.push(subscriber.invoice(ago(1)));

    const { missing } = await sweeps.sweep('--since', '90d');

    assert.deepEqual(missing.map(({ type }: { type: string }) => type).sort(), [
      'customer.subscription.created',
      'customer.updated',
      'invoice.paid',
      'invoice.paid',
    ]);
    const one = await untilCustomer(sweeps.stage, 'cus_1', ({ matchStatus }) => matchStatus === 'matched');
    const two = await untilCustomer(sweeps.stage, 'cus_2', ({ matchStatus }) => matchStatus === 'matched');
    assert.deepEqual([one.link?.leadId, one.link?.rule, one.trialStartedAt], ['lead_1', 'customer-metadata', trialAt]);
    assert.deepEqual([two.link?.leadId, two.link?.rule, two.paidAt], ['lead_2', 'invoice-metadata', paidAt]);
    assert.deepEqual((await sweeps.sweep('--since', '90d')).missing, []);
  });

  it('reports the customers of a further billing source under its alias', async () => {
    const metadata = { lead_id: 'lead_1' };
    sweeps.stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(1), metadata));

    const { exitCode, stdout } = await run(['stripe', 'sweep', '--json'], {
      env: { ...sweeps.env, STRIPE_API_SOURCE: 'us' },
    });

    assert.equal(exitCode, 0);
    const customers = JSON.parse(stdout).missing.map(({ billingCustomerId }: MissingEvent) => billingCustomerId);
    assert.deepEqual(customers, ['us:cus_1']);
    assert.equal(await sweeps.known('cus_1'), undefined);
    await until(sweeps.stage, 'lead_1', ({ billingCustomerId }) => billingCustomerId === 'us:cus_1');
  });

  it('lists an event of an unknown format, reports the others, and ends with 1', async () => {
    const unreadable = stripeCustomer({ customerId: 'cus_1' }).invoice(ago(2));
    delete unreadable.data.object.total;
    sweeps.stripe.events.push(unreadable, stripeCustomer({ customerId: 'cus_2' }).invoice(ago(1)));

    const { exitCode, stdout } = await run(['stripe', 'sweep'], { env: sweeps.env });

    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /\n1 event cannot be read:\n {2}evt_invoicepaid_cus_1_\d+ \(invoice.paid\): \/data\/object\/total must be a number\n$/,
    );
    assert.notEqual((await sweeps.known('cus_2'))?.paidAt, undefined);
  });

  it('shows its progress on a terminal after two seconds', async () => {
    const slow = { ...sweeps.env, STRIPE_REQUESTS_PER_SECOND: '1' };

    const { stderr } = await run(['stripe', 'sweep', '--since', '4d'], { env: slow, isTTY: true });

    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a terminal's line is replaced
    assert.match(stderr, /^(?:\r\u001b\[2K\d of 4 days, 0 events, 0 missing)+\r\u001b\[2K$/);
  });

  it('waits after a 429 and continues', async () => {
    sweeps.stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(1)));
    sweeps.stripe.failNext(429, 429);

    assert.equal((await sweeps.sweep('--since', '2d')).missing.length, 1);
  });

  it('ends with 78 if Stripe does not accept the key, and with 75 if it does not answer', async () => {
    const unauthorized = await run(['stripe', 'sweep'], { env: { ...sweeps.env, STRIPE_API_KEY: 'rk_test_other' } });
    sweeps.stripe.forbidden.add('events');
    const forbidden = await run(['stripe', 'sweep', '--json'], { env: sweeps.env });
    const away = await run(['stripe', 'sweep'], { env: { ...sweeps.env, STRIPE_API_URL: 'http://127.0.0.1:1' } });

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
