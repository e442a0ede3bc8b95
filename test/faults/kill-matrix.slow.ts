import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import type { RequestName } from '../../src/domain/journey/attention.js';
import { Journeys } from '../../src/starter.js';
import { openWire, type Wire } from '../../tools/drill/wire.js';
import { skipTime } from '../../tools/temporal-server/time-skipping.js';
import { endProcesses, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { atOnce } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { holding, type Moment, recognising } from './moments.js';
import { payerOf } from './passing-requests.js';

/** A request at which the worker is killed. The lead is reported step by step, or was imported before its journey. */
interface Cell extends Moment {
  readonly kind: 'reported' | 'imported';
  readonly what: string;
}

const reported: readonly [step: RequestName, which: 1 | 2, what: string][] = [
  ['createLead', 1, 'the lead is created'],
  ['writeDates', 1, 'the trial is written'],
  ['findPayingCustomer', 1, 'the payer is looked up'],
  ['requestMerge', 1, 'the merge is requested'],
  ['confirmMerge', 1, 'the merge is confirmed'],
  ['writeDates', 2, 'the dates that the merge overwrote are restored'],
];
const imported: typeof reported = [
  ['createLead', 1, 'an imported lead is found to exist'],
  ['findLead', 1, 'an imported lead is looked up'],
];
const cells: readonly Cell[] = (['reported', 'imported'] as const).flatMap((kind) =>
  (kind === 'reported' ? reported : imported).flatMap(([step, which, what]) =>
    (['before', 'after'] as const).map((side) => {
      const leadId = `${kind}-${step}-${which}-${side}`;
      return { leadId, kind, step, which, side, what };
    }),
  ),
);

const dates = { lead: '2016-01-05T00:00:00Z', trial: '2016-02-10T05:15:10Z', paid: '2016-02-25T00:00:00Z' };
/** Long enough for all journeys to reach their requests, even on a busy machine. */
const attemptTimeout = '20 seconds';

describe('a worker that is killed while each journey has a pending request', () => {
  let sandbox: Sandbox;
  let wire: Wire;
  let journeys: Journeys;
  let heldWhenKilled = 0;
  let requestsWhenKilled = 0;

  before(async () => {
    await stopJourneyWorkers();
    sandbox = await startSandbox({ ...atOnce, rateLimitPerSecond: 0, maxParallel: 0 });
    const isItsCell = recognising(cells, () => sandbox);
    const allHeld = holding(cells.length, (passing, side) => isItsCell(passing, side) !== undefined);
    wire = await openWire({ upstream: sandbox.url, ...allHeld.hooks });
    const { env: temporal, client } = await testServer();
    const account = `faults-${randomUUID().slice(0, 8)}`;
    journeys = new Journeys({ client, account, attemptTimeout });
    const worker = () =>
      start('src/worker.ts', [], {
        ...temporal,
        JOURNEY_ACCOUNT: account,
        CHARTMOGUL_API_KEY: apiKey,
        CHARTMOGUL_URL: wire.url,
        CHARTMOGUL_PARALLEL_REQUESTS: '20',
        CHARTMOGUL_REQUESTS_PER_SECOND: '40',
      });
    const victim = await worker();
    await victim.said('worker started');

    const runs = cells.map((cell) => runJourney(cell));
    await allHeld.done;
    heldWhenKilled = wire.underWay.size;
    requestsWhenKilled = sandbox.requests().length;
    victim.process.kill('SIGKILL');
    await victim.ended;
    await (await worker()).said('worker started');
    // A lookup is retried after a minute.
    await Promise.all(cells.map(({ leadId }) => skipTime(journeys.handle(leadId), { maxSessionSkipCount: 20 })));
    await Promise.all(runs);
  });

  after(async () => {
    await endProcesses();
    await wire.close();
    await sandbox.close();
  });

  it('is killed once, while every journey waits at its request', () => {
    assert.equal(heldWhenKilled, cells.length);
    assert.ok(requestsWhenKilled > 0);
  });

  it('covers every request that a journey makes', () => {
    const steps: Record<RequestName, true> = {
      createLead: true,
      findLead: true,
      writeDates: true,
      findPayingCustomer: true,
      requestMerge: true,
      confirmMerge: true,
    };
    for (const side of ['before', 'after']) {
      const covered = new Set(cells.filter((cell) => cell.side === side).map(({ step }) => step));
      assert.deepEqual([...covered].sort(), Object.keys(steps).sort());
    }
  });

  for (const { leadId, side, what } of cells) {
    it(`leaves one record with the true dates if it is killed right ${side} ${what}`, async () => {
      const result = await journeys.handle(leadId).result();

      assert.equal(result.outcome, 'proven');
      const records = sandbox.customers().filter(({ external_ids }) => String(external_ids).includes(leadId));
      assert.deepEqual(
        records.map(({ external_ids, lead_created_at, free_trial_started_at }) => ({
          ids: [...(external_ids as string[])].sort(), // the sandbox stores ChartMogul's own shape
          lead: lead_created_at,
          trial: free_trial_started_at,
        })),
        [
          {
            ids: [leadId, payerOf(leadId)].sort(),
            lead: dates.lead.replace('Z', '.000Z'),
            trial: dates.trial.replace('Z', '.000Z'),
          },
        ],
      );
    });
  }

  /** Reports the events of a lead in order, each after the previous one has taken effect. */
  async function runJourney({ leadId, kind }: Cell): Promise<void> {
    const payer = payerOf(leadId);
    if (kind === 'imported') await importLead(leadId);
    await journeys.leadCreated(leadId, { occurredAt: dates.lead });
    await untilRecord(leadId, ({ lead_created_at }) => lead_created_at !== null);
    await journeys.trialStarted(leadId, { occurredAt: dates.trial });
    await untilRecord(leadId, ({ free_trial_started_at }) => free_trial_started_at !== null);
    sandbox.ingest({ external_id: payer, trial_started_at: dates.trial, paid_at: dates.paid });
    await journeys.paymentSucceeded(leadId, { occurredAt: dates.paid, billingCustomerId: payer });
    await journeys.handle(leadId).result();
  }

  async function importLead(leadId: string): Promise<void> {
    await fetch(`${sandbox.url}/v1/customers`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ data_source_uuid: sandbox.leadsSourceUuid, external_id: leadId, name: leadId }),
    });
  }

  /** Polls until the lead's record is in the expected state. */
  async function untilRecord(leadId: string, isExpected: (record: Record<string, unknown>) => boolean): Promise<void> {
    const isThere = () =>
      sandbox.customers().some((record) => String(record.external_ids) === leadId && isExpected(record));
    await eventually(isThere);
  }
});
