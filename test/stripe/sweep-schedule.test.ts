import assert from 'node:assert/strict';
import { stripeSweepConfig } from '../../src/runtime/stripe-config.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { type StripeSweepResult, stripeSweepId, stripeSweepType } from '../../src/workflows/sweep-messages.js';
import { run } from '../cli/terminal-stand-in.js';
import { eventually } from '../support/eventually.js';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.js';
import { openStage, type Stage, untilCustomer } from '../support/journeys.js';
import { stripeCustomer } from '../support/stripe.js';
import { triggerSweep } from '../support/sweeps.js';
import { ago } from './sweeping.js';

const dayMs = 24 * 3_600_000;
const named = { lead_id: 'lead_1' };

describe('a scheduled sweep of Stripe', () => {
  let stage: Stage;
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
  });
  afterEach(async () => {
    await every('off');
    await stripe.close();
    await stage.close();
  });

  const openWith = async (env: Record<string, string>) => {
    stage = await openStage({
      worker:
        'STRIPE_API_KEY' in env ? { stripe: stripeSweepConfig({ ...env, CHARTMOGUL_URL: 'http://sandbox' }) } : {},
    });
  };
  const every = (interval: string) => run(['stripe', 'sweep', '--every', interval], { env: stage.env });
  const schedule = () => stage.server.client.schedule.getHandle(stripeSweepId(stage.account));
  const trigger = () => triggerSweep(stage.server.client, stage.account);
  const sweep = async (): Promise<StripeSweepResult> => (await trigger()).result();

  it('reports what was missed, and the next one begins an hour before it', async () => {
    await openWith(stripe.env);
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).trialing(ago(20), named));
    stripe.events.push(stripeCustomer({ customerId: 'cus_1' }).invoice(ago(2), named));

    const created = await every('6h');
    const first = await sweep();
    const second = await sweep();

    assert.match(created.stdout, /^The workers sweep Stripe every 6h \(schedule stripe-sweep\/test-\w+, created\)/);
    const { spec, policies } = await schedule().describe();
    assert.deepEqual([spec.intervals?.map(({ every }) => every), policies.overlap], [[6 * 3_600_000], 'SKIP']);
    assert.deepEqual([first.events, first.missing, first.unreadable], [2, 2, 0]);
    assert.match(first.examples[0] ?? '', /^missing: customer.subscription.created evt_\w+ of cus_1$/);
    assert.equal(Date.parse(first.startedAt) - Date.parse(first.since), 30 * dayMs);
    assert.equal(Date.parse(first.startedAt) - Date.parse(second.since), 3_600_000);
    assert.deepEqual([second.events, second.missing], [0, 0]);
    const { notified } = await untilCustomer(stage, 'cus_1', ({ matchStatus }) => matchStatus === 'matched');
    assert.deepEqual(
      [notified?.leadId, notified?.trialStartedAt !== undefined, notified?.paidAt !== undefined],
      ['lead_1', true, true],
    );
  });

  it('gets another interval, continues from the last success, and is deleted', async () => {
    await openWith(stripe.env);
    await every('6h');
    const first = await sweep();

    const updated = await every('12h');
    stripe.forbidden.add('events');
    await assert.rejects(sweep());
    stripe.forbidden.clear();
    const second = await sweep();
    const { spec } = await schedule().describe();
    const [off, again] = [await every('off'), await every('off')];

    assert.match(updated.stdout, /every 12h \(schedule .*, updated\)/);
    assert.deepEqual(
      spec.intervals?.map(({ every }) => every),
      [12 * 3_600_000],
    );
    assert.equal(Date.parse(first.startedAt) - Date.parse(second.since), 3_600_000);
    assert.match(off.stdout, /^Deleted the schedule stripe-sweep/);
    assert.equal(again.stdout, 'There is no schedule.\n');
  });

  it('fails at once on a worker without a key, and the next one reads the same events', async () => {
    await openWith({});
    await every('6h');
    const failed = await trigger();

    await assert.rejects(failed.result(), ({ cause }: { cause?: Error & { cause?: Error } }) => {
      assert.match(cause?.cause?.message ?? '', /^sweepStripe: the worker of account test-\w+ has no STRIPE_API_KEY/);
      return true;
    });
    await stage.journeys.leadCreated('lead_1', { occurredAt: ago(1) });
    await eventually(async () => (await stage.journeys.view('lead_1')).customerUuid !== undefined);
  });

  it('refuses an input without an account', async () => {
    await openWith({});
    const options = { taskQueue: workflowTaskQueue, workflowId: `${stage.account}-sweep`, args: [{}] };

    await assert.rejects(stage.server.client.workflow.execute(stripeSweepType, options), ({ cause }: Error) => {
      assert.match(String(cause), /invalid input: must be { account }/);
      return true;
    });
  });
});
