import assert from 'node:assert/strict';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { eventually } from '../support/eventually.js';
import { openStage, type Stage, until, untilCustomer } from '../support/journeys.js';
import { nowhere, run } from './terminal-stand-in.js';

const occurredAt = '2016-01-05T00:00:00Z';
const paidAt = '2016-02-25T00:00:00Z';

describe('customer-journey status', () => {
  let stage: Stage;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    stage = await openStage({ namespace: 'own' });
    env = stage.env;
  });
  after(() => stage.close());

  it('shows an account without journeys', async () => {
    const { stdout, exitCode } = await run(['status'], { env });

    assert.equal(exitCode, 0);
    assert.equal(
      stdout,
      [
        `Account       ${stage.account}`,
        'Running       0 lead, 0 trial, 0 paid',
        'Attention     none',
        'Last hour     0 started, 0 proven',
        'Last day      0 started, 0 proven',
        'Customers     none needs attention',
        `Workers       1 on customer-journey, 1 on chartmogul/${stage.account}`,
        'Stripe sweep  not scheduled',
        'Last audit    none  customer-journey audit',
        '',
      ].join('\n'),
    );
  });

  it('shows stages, attention with its age, throughput, unmatched customers and the sweep', async () => {
    const { sandbox, journeys, customers } = stage;
    sandbox.fault({ route: 'POST /v1/customers', status: 422 });
    await journeys.leadCreated('lead_1', { occurredAt });
    await until(stage, 'lead_1', ({ attention }) => attention !== undefined);
    sandbox.ingest({ external_id: 'cus_2', paid_at: paidAt });
    await journeys.leadCreated('lead_2', { occurredAt });
    await journeys.paymentSucceeded('lead_2', { occurredAt: paidAt, billingCustomerId: 'cus_2' });
    await journeys.handle('lead_2').result();
    await journeys.trialStarted('lead_3', { occurredAt });
    await customers.reported('cus_lost', { begins: true, paidAt });
    await untilCustomer(stage, 'cus_lost', ({ matchStatus }) => matchStatus === 'unmatched');
    await fastForward(customers.handle('cus_lost'), '25 hours');
    await run(['stripe', 'sweep', '--every', '6h'], { env });

    // The index is late.
    const status = await eventually(async () => {
      const read = JSON.parse((await run(['status', '--json'], { env })).stdout);
      const { stages, attention, throughput, customers: unmatched } = read;
      const isThere = attention.refused === 1 && throughput.lastHour.proven === 1 && stages.trial === 1;
      return isThere && unmatched['payment-unmatched'] === 1 && read;
    });
    await run(['audit'], { env });
    const { stdout } = await eventually(async () => {
      const shown = await run(['status'], { env });
      return shown.stdout.includes('customer-journey audit --last') && shown;
    });

    assert.deepEqual(status.stages, { lead: 1, trial: 1, paid: 0, proven: 0 });
    assert.match(stdout, /\nLast audit +\S+Z: 1 difference {2}/); // lead_1 needs attention
    assert.deepEqual(status.throughput, {
      lastHour: { started: 3, proven: 1 },
      lastDay: { started: 3, proven: 1 },
    });
    assert.deepEqual([status.oldestAttention.code, status.oldestAttention.leadId], ['refused', 'lead_1']);
    assert.equal(status.oldestAttention.isCertain, true);
    assert.equal(status.stripeSweep.everySeconds, 21_600);
    assert.match(stdout, /\nRunning +1 lead, 1 trial, 0 paid\n/);
    assert.match(
      stdout,
      /\nAttention +1 refused {2}customer-journey list --attention refused\n +oldest: \d+ seconds? {2}/,
    );
    assert.match(stdout, /\nCustomers +1 with a payment and no lead {2}customer-journey customers --unmatched\n/);
    assert.match(stdout, /\nStripe sweep {2}every 6 h 0 min, last never, next 20\d\d-/);
  });

  it('needs no worker, except for the age of an attention', async () => {
    stage.worker.stop();
    await stage.worker.ended;

    const { stdout, exitCode } = await run(['status'], { env });

    assert.equal(exitCode, 0);
    assert.match(stdout, /\n +for how long: no worker answers\n/);
    assert.match(
      stdout,
      /\nWorkers +0 on customer-journey, 0 on chartmogul\/\S+\n +no worker polls customer-journey or/,
    );
    assert.match(stdout, /\n +JOURNEY_ACCOUNT=\S+ customer-journey worker\n/);
  });

  it('says that Temporal cannot be reached', async () => {
    assert.equal((await run(['status'], { env: nowhere })).exitCode, 75);
  });
});
