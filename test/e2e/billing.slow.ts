import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { BillingCustomers, JourneyNotFoundError, Journeys } from '../../src/starter.js';
import { eventually } from '../support/eventually.js';
import { atOnce } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { endProcesses, type Running, start } from './processes.js';

const paidAt = '2016-02-25T00:00:00Z';
const note = 'mixed up';
const numbers = Array.from({ length: 30 }, (_, number) => number);

describe('a worker process that is killed while it forwards payments to journeys', () => {
  before(stopJourneyWorkers);
  let sandbox: Sandbox;

  afterEach(async () => {
    await endProcesses();
    await sandbox?.close();
  });

  it('loses no payment and no pending link; the next worker continues', async () => {
    const { customers, journeys, worker, another } = await openWorker();
    await worker.said('worker started');
    const report = (number: number) => {
      const link = { leadId: `lead_${number}`, rule: 'customer-metadata' } as const;
      return customers.reported(`cus_${number}`, { link, paidAt, begins: true });
    };
    await report(0);
    await until(async () => (await customers.view('cus_0')).notified !== undefined);

    const reporting = (async () => {
      for (const number of numbers) await report(number);
    })();
    const link = () => customers.link('cus_0', { leadId: 'lead_of_cus_0', note });
    const linking = link().catch(() => link()); // safe to repeat if the new worker starts too late on a busy machine
    await until(() => isNotified(journeys, 3));
    worker.process.kill('SIGKILL');
    const { signal } = await worker.ended;
    await reporting;
    const notifiedWhenKilled = await Promise.all(numbers.map((number) => isNotified(journeys, number)));
    await Promise.all(numbers.map((number) => customers.reported(`cus_${number}`, { paidAt: '2016-03-25T00:00:00Z' })));
    await (await another()).said('worker started');
    const linked = await linking;

    assert.equal(signal, 'SIGKILL');
    assert.ok(notifiedWhenKilled.includes(false), 'the worker was killed before it notified all journeys');
    assert.deepEqual(linked.notified, { leadId: 'lead_of_cus_0', paidAt });
    for (const number of numbers) {
      const leadId = number === 0 ? 'lead_of_cus_0' : `lead_${number}`;
      await until(async () => (await customers.view(`cus_${number}`)).notified?.leadId === leadId);
      const journey = await journeys.view(leadId);
      assert.deepEqual([journey.paidAt, journey.billingCustomerId], [paidAt, `cus_${number}`]);
    }
    assert.equal((await journeys.view('lead_0')).paidAt, undefined);
  });

  async function openWorker() {
    const { env: temporal, client } = await testServer();
    sandbox = await startSandbox(atOnce);
    const account = `e2e-${randomUUID().slice(0, 8)}`;
    const env = { ...temporal, JOURNEY_ACCOUNT: account };
    const chartMogul = { CHARTMOGUL_API_KEY: apiKey, CHARTMOGUL_URL: sandbox.url };
    const another = (): Promise<Running> => start('src/worker.ts', [], { ...env, ...chartMogul });
    const options = { client, account, timeout: '60 seconds' } as const;
    return {
      customers: new BillingCustomers(options),
      journeys: new Journeys(options),
      worker: await another(),
      another,
    };
  }
});

/** Whether a payment has reached its lead's journey. Does not need a worker. */
async function isNotified(journeys: Journeys, number: number): Promise<boolean> {
  try {
    return (await journeys.summary(`lead_${number}`)).workflowId !== '';
  } catch (error) {
    if (error instanceof JourneyNotFoundError) return false;
    throw error;
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await eventually(isSo);
}
