import assert from 'node:assert/strict';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { formatInstant } from '../../src/domain/journey/instant.js';
import { stripeSweepConfig } from '../../src/runtime/stripe-config.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { type StripeSweepResult, stripeSweepId, stripeSweepType } from '../../src/workflows/sweep-messages.js';
import { run } from '../cli/terminal-stand-in.js';
import { endProcesses, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { type FakeStripe, startFakeStripe, stripeApiKey } from '../support/fake-stripe.js';
import { openStage, type Stage, untilCustomer } from '../support/journeys.js';
import { stripeCustomer } from '../support/stripe.js';
import { triggerSweep } from '../support/sweeps.js';

const dayMs = 24 * 3_600_000;
const ago = (days: number) => formatInstant(new Date(Date.now() - days * dayMs));
const named = { lead_id: 'lead_1' };

describe('a scheduled sweep of Stripe', () => {
  let stage: Stage;
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
  });
  afterEach(async () => {
    await endProcesses();
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
  const every = (interval: string) =>
    run(['stripe', 'sweep', '--every', interval], { env: { ...stage.server.env, JOURNEY_ACCOUNT: stage.account } });
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

  it('continues on another worker if its worker is killed, and no history has the key', async () => {
    await openWith({});
    stage.worker.stop();
    await stage.worker.ended;
    const env = {
      ...stage.server.env,
      ...stripe.env,
      ...{ JOURNEY_ACCOUNT: stage.account, CHARTMOGUL_URL: stage.sandbox.url, CHARTMOGUL_API_KEY: apiKey },
    };
    for (let day = 1; day <= 29; day += 1) {
      stripe.events.push(stripeCustomer({ customerId: `cus_${day}` }).invoice(ago(29.5 - day), named));
    }
    const held = stripe.holdAfter(15);
    const killed = await start('src/starter.ts', ['worker'], env);
    await killed.said('"worker started"');
    await every('6h');
    const sweeping = await trigger();
    await held;
    await eventually(async () => heartbeatOf(await sweeping.describe()) > 0);
    killed.process.kill('SIGKILL');
    await killed.ended;
    stripe.release();
    const requests = stripe.requests.length;
    const kept = heartbeatOf(await sweeping.describe());

    const next = await start('src/starter.ts', ['worker'], env);
    const { events, missing } = await sweeping.result();

    // The last slices before the kill may be read again: what they reported is then not missing any more.
    assert.equal(events, 29);
    assert.ok(missing >= 29 - (15 - kept) && missing <= 29, `${missing} missing, ${kept} slices kept`);
    assert.equal(stripe.requests.length - requests, 30 - kept, 'only the slices that were left');
    for (let day = 1; day <= 29; day += 1) assert.ok((await stage.customers.facts(`cus_${day}`))?.paidAt, `cus_${day}`);
    const { events: history } = await sweeping.fetchHistory();
    assert.ok(!JSON.stringify(history).includes(stripeApiKey));
    for (const { output } of [killed, next]) assert.ok(!output().includes(stripeApiKey));
  });
});

/** How many slices the last heartbeat of a running sweep has. */
function heartbeatOf({ raw }: { readonly raw: { readonly pendingActivities?: PendingActivity[] | null } }): number {
  const data = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
  return data ? (JSON.parse(Buffer.from(data).toString())?.slices ?? 0) : 0;
}
interface PendingActivity {
  readonly heartbeatDetails?: { readonly payloads?: { readonly data?: Uint8Array | null }[] | null } | null;
}
