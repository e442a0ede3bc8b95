import assert from 'node:assert/strict';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { run } from '../cli/terminal-stand-in.js';
import { endProcesses, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { type FakeStripe, startFakeStripe, stripeApiKey } from '../support/fake-stripe.js';
import { openStage, type Stage } from '../support/journeys.js';
import { stripeCustomer } from '../support/stripe.js';
import { triggerSweep } from '../support/sweeps.js';
import { ago } from './sweeping.js';

const named = { lead_id: 'lead_1' };

describe('a scheduled sweep of Stripe by worker processes', () => {
  let stage: Stage;
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
    stage = await openStage();
    stage.worker.stop();
    await stage.worker.ended;
  });
  afterEach(async () => {
    await endProcesses();
    await run(['stripe', 'sweep', '--every', 'off'], { env: stage.env });
    await stripe.close();
    await stage.close();
  });

  it('continues on another worker if its worker is killed, and no history has the key', async () => {
    const env = {
      ...stage.env,
      ...stripe.env,
      ...{ CHARTMOGUL_URL: stage.sandbox.url, CHARTMOGUL_API_KEY: apiKey },
    };
    for (let day = 1; day <= 29; day += 1) {
      stripe.events.push(stripeCustomer({ customerId: `cus_${day}` }).invoice(ago(29.5 - day), named));
    }
    const held = stripe.holdAfter(15);
    const killed = await start('src/starter.ts', ['worker'], env);
    await killed.said('"worker started"');
    await run(['stripe', 'sweep', '--every', '6h'], { env });
    const sweeping = await triggerSweep(stage.server.client, stage.account);
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
