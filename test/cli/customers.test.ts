import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { withDefects } from '../support/broken-activities.js';
import { unmergeByHand } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { onStage, openStage, type Stage, until, untilCustomer } from '../support/journeys.js';
import { run } from './terminal-stand-in.js';

const paidAt = '2016-02-25T00:00:00Z';

describe('the billing customer commands', () => {
  let stage: Stage;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    stage = await openStage();
    env = stage.env;
  });

  after(() => stage.close());

  it('list unmatched payments, show one, and link it', async () => {
    await stage.customers.reported('cus_lost', { begins: true, suggestedLeadId: 'lead_7', paidAt });
    await stage.customers.reported('cus_old', { paidAt });
    await untilCustomer(stage, 'cus_lost', ({ matchStatus }) => matchStatus === 'unmatched');
    await fastForward(stage.customers.handle('cus_lost'), '25 hours');
    await untilCustomer(stage, 'cus_lost', ({ attention }) => attention !== undefined);
    await untilCounted(stage, 1);

    const attention = await run(['list', '--attention'], { env });
    const unmatched = await run(['customers', '--unmatched'], { env });
    const old = await run(['customers', '--pre-existing', '--json'], { env });
    const limited = await run(['customers', '--limit', '1'], { env });
    const shown = await run(['customer', 'cus_lost'], { env });
    const linked = await run(['link', 'cus_lost', 'lead_7', '--note', 'by phone'], { env });
    const after = await run(['customer', 'cus_lost', '--json'], { env });

    assert.equal(
      attention.stdout,
      'No journey needs attention.\n1 paying billing customer has no lead; see customer-journey customers --unmatched\n',
    );
    assert.match(
      unmatched.stdout,
      /^CUSTOMER .*FIRST PAYMENT\ncus_lost +unmatched +payment-unmatched +- +lead_7 +- +2016-02-25\n$/,
    );
    const [{ billingCustomerId, matchStatus, paidAt: firstPayment }, ...more] = JSON.parse(old.stdout);
    assert.deepEqual([billingCustomerId, matchStatus, firstPayment, more], ['cus_old', 'pre-existing', paidAt, []]);
    assert.match(limited.stdout, /\nand 1 more; see --limit\n$/);
    assert.match(shown.stdout, / {2}attention +payment-unmatched since .*\n {14}A payment by this customer/);
    assert.match(shown.stdout, / {2}lead +unknown\n {2}suggested +lead_7\n/);
    assert.equal(
      linked.stdout,
      `Linked: cus_lost is lead lead_7.\nThe journey of lead_7 was notified: payment ${paidAt}.\n`,
    );
    assert.deepEqual(JSON.parse(after.stdout).link, { leadId: 'lead_7', rule: 'operator', note: 'by phone' });
    await until(stage, 'lead_7', (view) => view.paidAt === paidAt);
  });

  it('list trials without a lead and customers in conflict, and settle them', async () => {
    const trialStartedAt = '2016-02-10T05:15:10Z';
    const named = (leadId: string, at: string) => ({ link: { leadId, rule: 'customer-metadata', at } as const });
    await stage.customers.reported('cus_trial', { begins: true, suggestedLeadId: 'lead_8', trialStartedAt });
    await stage.customers.reported('cus_two', { ...named('lead_a', trialStartedAt), trialStartedAt });
    await untilCustomer(stage, 'cus_two', ({ notified }) => notified !== undefined);
    await stage.customers.reported('cus_two', named('lead_b', paidAt));
    await untilCustomer(stage, 'cus_trial', ({ matchStatus }) => matchStatus === 'unmatched');
    const unmatched = await run(['customers', '--unmatched'], { env });
    await fastForward(stage.customers.handle('cus_trial'), '25 hours');
    await untilCounted(stage, 2);

    const attention = await run(['list', '--attention'], { env });
    const listed = await run(['customers', '--attention'], { env });
    const shown = await run(['customer', 'cus_two'], { env });
    const retry = await run(['retry', '--attention', 'trial-unmatched', '--yes'], { env });
    await run(['link', 'cus_two', 'lead_b', '--note', 'asked them'], { env });
    await run(['link', 'cus_trial', 'lead_8', '--note', 'asked them'], { env });
    const after = await run(['customer', 'cus_two'], { env });

    assert.match(unmatched.stdout, /\ncus_trial +unmatched +- +- +lead_8 +2016-02-10 +-\n$/);
    assert.match(
      attention.stdout,
      /\n1 billing customer in a trial has no lead; see customer-journey customers --unmatched\n/,
    );
    assert.match(
      attention.stdout,
      /\n1 billing customer has conflicting leads; see customer-journey customers --attention\n$/,
    );
    assert.match(listed.stdout, /\ncus_trial +unmatched +trial-unmatched +- +lead_8 /);
    assert.match(listed.stdout, /\ncus_two +matched +lead-conflict +lead_a /);
    assert.match(
      shown.stdout,
      /attention +lead-conflict since .*\n.*`customer-journey link CUSTOMER LEAD --note TEXT`/,
    );
    assert.match(shown.stdout, /reason +lead lead_b, by customer-metadata\n/);
    assert.match(shown.stdout, /other leads +lead_b\n/);
    assert.match(retry.stderr, /List them with `customer-journey customers --unmatched`/);
    assert.match(after.stdout, /lead +lead_b, by operator\n/);
    assert.doesNotMatch(after.stdout, /attention/);
  });

  it('show a customer that was withdrawn by an unmerge, until it is linked', async () => {
    stage.sandbox.ingest({ external_id: 'cus_9', paid_at: paidAt });
    await stage.journeys.leadCreated('lead_9', { occurredAt: '2016-01-05T00:00:00Z' });
    await stage.customers.reported('cus_9', { link: { leadId: 'lead_9', rule: 'customer-metadata' }, paidAt });
    await until(stage, 'lead_9', ({ stage: reached }) => reached === 'proven');
    const matched = await run(['customer', 'cus_9'], { env });
    await run(['unmerge', 'lead_9', '--note', 'a colleague paid'], { env });

    const withdrawn = await run(['customer', 'cus_9'], { env });
    const asJson = await run(['customer', 'cus_9', '--json'], { env });
    await run(['link', 'cus_9', 'lead_10', '--note', 'asked them'], { env });
    const linked = await run(['customer', 'cus_9'], { env });

    assert.match(matched.stdout, / {2}match status matched\n {2}lead /);
    assert.match(
      withdrawn.stdout,
      / {2}match status withdrawn from lead_9\n +Link it to its own lead: `customer-journey link CUSTOMER LEAD --note TEXT`\.\n {2}reason +a colleague paid\n/,
    );
    assert.deepEqual(JSON.parse(asJson.stdout).withdrawn, { leadId: 'lead_9', note: 'a colleague paid' });
    assert.match(linked.stdout, / {2}match status matched\n {2}lead +lead_10, by operator\n/);
  });

  it("print the journey's reason for a refused link", async () => {
    stage.sandbox.ingest({ external_id: 'cus_merged', paid_at: paidAt });
    await stage.journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    const link = { leadId: 'lead_1', rule: 'customer-metadata' } as const;
    await stage.customers.reported('cus_merged', { link, paidAt });
    await until(stage, 'lead_1', ({ stage: reached }) => reached === 'proven');

    const refused = await run(['link', 'cus_merged', 'lead_2', '--note', 'x', '--json'], { env });

    assert.equal(refused.exitCode, 2);
    const { error } = JSON.parse(refused.stderr);
    assert.equal(error.code, 'refused');
    assert.match(
      error.message,
      /^ChartMogul shows this customer merged with lead lead_1: the link is too late: .*unmerge lead_1 --note TEXT`$/,
    );

    const checked = await run(['link', 'cus_merged', 'lead_2', '--note', 'x', '--unmerged'], { env });
    assert.equal(checked.exitCode, 2);
    assert.match(checked.stderr, /ChartMogul still shows this customer merged with lead lead_1/);
    await unmergeByHand(stage, 'lead_1');
    const unmerged = await run(['link', 'cus_merged', 'lead_2', '--note', 'x', '--unmerged'], { env });
    assert.match(unmerged.stdout, /^Linked: cus_merged is lead lead_2\.\n/);
  });

  it('refuse a link of a customer whose payment was reported for another lead, and say nothing of a match', async () => {
    stage.sandbox.ingest({ external_id: 'cus_5', paid_at: paidAt });
    await stage.journeys.leadCreated('lead_5', { occurredAt: '2016-01-05T00:00:00Z' });
    await stage.journeys.paymentSucceeded('lead_5', { occurredAt: paidAt, billingCustomerId: 'cus_5' });
    await stage.journeys.handle('lead_5').result();

    const refused = await run(['link', 'cus_5', 'lead_6', '--note', 'x'], { env });
    const shown = await run(['customer', 'cus_5'], { env });

    assert.deepEqual([refused.exitCode, refused.stdout], [2, '']);
    assert.match(refused.stderr, /ChartMogul shows this customer merged with lead lead_5.*unmerge lead_5 --note TEXT`/);
    assert.match(shown.stdout, /match status +waiting\n[\s\S]*lead +unknown\n/);

    await run(['unmerge', 'lead_5', '--note', 'x'], { env });
    const linked = await run(['link', 'cus_5', 'lead_6', '--note', 'x'], { env });
    assert.match(linked.stdout, /\nIf your application, .* reported the payment: report it again for this lead\.\n$/);
  });

  it('cause a notice on the lead whose customer was withdrawn', async () => {
    const link = { leadId: 'lead_3', rule: 'customer-metadata' } as const;
    await stage.journeys.leadCreated('lead_3', { occurredAt: '2016-01-05T00:00:00Z' });
    await stage.customers.reported('cus_3', { link, paidAt });
    await until(stage, 'lead_3', (view) => view.paidAt === paidAt);
    await run(['link', 'cus_3', 'lead_4', '--note', 'mixed up'], { env });

    const { stdout } = await run(['show', 'lead_3'], { env });

    assert.match(stdout, /notice +withdrawn: An operator separated/);
  });

  it('report an unknown customer, and an empty list', async () => {
    const unknown = await run(['customer', 'cus_nobody'], { env });
    const none = await run(['customers'], { env: { ...env, JOURNEY_ACCOUNT: `${stage.account}-2` } });

    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /Unknown billing customer cus_nobody/);
    assert.equal(none.stdout, 'No billing customers.\n');
  });

  it('reject invalid arguments before they connect to Temporal', async () => {
    const link = await run(['link', ' cus_1', 'a@b.example']);
    const both = await run(['customers', '--unmatched', '--pre-existing']);
    const retry = await run(['retry', '--attention', 'payment-unmatched', '--yes']);
    const away = await run(['customers']);

    assert.deepEqual([link.exitCode, both.exitCode, retry.exitCode, away.exitCode], [2, 2, 2, 75]);
    assert.deepEqual(link.stderr.trimEnd().split('\n'), [
      'Invalid arguments; nothing was sent:',
      '  CUSTOMER must not begin or end with a space',
      '  LEAD looks like an e-mail address; use your database id, or set ALLOW_EMAIL_LEAD_IDS=true',
      '  --note must say why, in 1 to 1,000 characters',
    ]);
    assert.match(retry.stderr, /List them with `customer-journey customers --unmatched`/);
  });
});

describe('the billing customer commands while a journey cannot be notified', () => {
  it(
    'show the reason and the next try, and answer a link that the notification is pending',
    withDefects(async (stage, defects) => {
      defects.set('notifyJourney', async () => {
        throw ApplicationFailure.nonRetryable('no retry can help', 'Unusable');
      });
      const { env } = stage;
      await stage.customers.reported('cus_1', { paidAt, link: { leadId: 'lead_1', rule: 'customer-metadata' } });
      await untilCustomer(stage, 'cus_1', ({ attention }) => attention !== undefined);
      await untilCounted(stage, 1);

      const attention = await run(['list', '--attention'], { env });
      const listed = await run(['customers', '--attention'], { env });
      const shown = await run(['customer', 'cus_1'], { env });
      const linked = await run(['link', 'cus_1', 'lead_2', '--note', 'x'], { env });
      const retry = await run(['retry', '--attention', 'journey-unreachable', '--yes'], { env });

      assert.equal(
        attention.stdout,
        'No journey needs attention.\n1 billing customer cannot notify a journey; see customer-journey customers --attention\n',
      );
      assert.match(listed.stdout, /\ncus_1 +waiting +journey-unreachable +lead_1 +- +- +2016-02-25\n$/);
      assert.match(shown.stdout, /attention +journey-unreachable since .*\n {14}The journey of the lead could not be/);
      assert.match(shown.stdout, /reason +unexpected Unusable, see the worker's log\n {2}next try +2/);
      assert.equal(
        linked.stdout,
        'Linked: cus_1 is lead lead_2.\nThe journey of lead_2 is not notified yet; this is retried.\n',
      );
      assert.match(retry.stderr, /List them with `customer-journey customers --attention`/);
    }),
  );
});

describe('the billing customer commands without a worker', () => {
  it(
    'list customers, and ask for a worker to show one',
    onStage({}, async (stage) => {
      stage.worker.stop();
      await stage.worker.ended;
      await stage.customers.reported('cus_1', { paidAt, link: { leadId: 'lead_1', rule: 'customer-metadata' } });
      const { env } = stage;
      await eventually(async () => (await stage.customers.count()) >= 1);

      const listed = await run(['customers'], { env });
      const shown = await run(['customer', 'cus_1'], { env });

      assert.match(listed.stdout, /\ncus_1 +waiting +- +lead_1 +- +- +2016-02-25\n$/);
      assert.equal(shown.exitCode, 75);
      assert.match(shown.stderr, /No worker answers.*Start one with `customer-journey worker`/);
    }),
  );
});

/** Waits for Temporal's search index, which lags slightly. */
async function untilCounted(stage: Stage, count: number): Promise<void> {
  await eventually(async () => (await stage.customers.count({ attention: true })) >= count);
}
