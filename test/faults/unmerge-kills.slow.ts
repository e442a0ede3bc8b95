import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../src/starter.js';
import { openWire, type Passing, type Wire } from '../../tools/drill/wire.js';
import { skipTime } from '../../tools/temporal-server/time-skipping.js';
import { endProcesses, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { atOnce } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { holding } from './moments.js';
import { payerOf } from './passing-requests.js';

/** The requests of an unmerge, in their order. Some are answered and not counted before the unmerge is requested. */
const requests = [
  'GET the record of the lead',
  'POST the unmerge',
  'GET the new record of the lead',
  'GET the record that it has left',
  'PATCH the record that it has left',
  'GET the dates of the new record',
  'PATCH the new record',
  'GET the record of the lead again',
] as const;

/** A request at which the worker is killed: right before ChartMogul gets it, or right after it has processed it. */
interface Cell {
  readonly leadId: string;
  readonly number: number;
  readonly side: 'before' | 'after';
}

const cells: readonly Cell[] = requests.flatMap((_, number) =>
  (['before', 'after'] as const).map((side) => ({ leadId: `unmerge-${number}-${side}`, number, side })),
);

const dates = { lead: '2016-01-05T00:00:00Z', trial: '2016-02-10T05:15:10Z', paid: '2016-02-25T00:00:00Z' };
const withMs = (date: string) => date.replace('Z', '.000Z');
/** Long enough for all journeys to reach their requests, even on a busy machine. */
const attemptTimeout = '20 seconds';

describe('a worker that is killed at each request of an unmerge', () => {
  let sandbox: Sandbox;
  let wire: Wire;
  let journeys: Journeys;
  let heldWhenKilled = 0;
  const seen = new Map<string, string[]>();

  before(async () => {
    await stopJourneyWorkers();
    sandbox = await startSandbox({ ...atOnce, rateLimitPerSecond: 0, maxParallel: 0 });
    const unmerging = new Map<string, Cell>();
    const allHeld = holding(cells.length, (passing, side) => isItsCell(unmerging, passing, side));
    wire = await openWire({ upstream: sandbox.url, ...allHeld.hooks });
    const { env: temporal, client } = await testServer();
    const account = `faults-${randomUUID().slice(0, 8)}`;
    journeys = new Journeys({ client, account, attemptTimeout, timeout: '1 minute' });
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
    await Promise.all(cells.map(({ leadId }) => prove(leadId)));

    for (const cell of cells) unmerging.set(cell.leadId, cell);
    const answers = cells.map(({ leadId }) => journeys.unmerge(leadId, { note: 'a colleague paid' }));
    await allHeld.done;
    heldWhenKilled = wire.underWay.size;
    victim.process.kill('SIGKILL');
    await victim.ended;
    await (await worker()).said('worker started');
    await Promise.allSettled(answers); // on a busy machine, an answer may be late
    await Promise.all(
      cells.map(async ({ leadId }) => {
        await skipTime(journeys.handle(leadId), { maxSessionSkipCount: 20 });
        await eventually(async () => (await journeys.view(leadId)).doing === 'waiting for the trial or the payment');
      }),
    );
  });

  after(async () => {
    await endProcesses();
    await wire.close();
    await sandbox.close();
  });

  it('is killed once, while every journey waits at its request', () => {
    assert.equal(heldWhenKilled, cells.length);
  });

  it('covers every request of an unmerge', () => {
    const last = cells.at(-1)?.leadId ?? '';
    assert.deepEqual(
      seen.get(last)?.slice(0, requests.length),
      requests.map((text) => text.split(' ')[0]),
    );
  });

  for (const { leadId, number, side } of cells) {
    it(`leaves the records as before the merge if it is killed right ${side} ${requests[number]}`, () => {
      const records = sandbox
        .customers()
        .filter(({ external_ids }) => String(external_ids).includes(leadId))
        .map(({ external_ids, lead_created_at, free_trial_started_at }) => ({
          ids: external_ids,
          lead: lead_created_at,
          trial: free_trial_started_at,
        }));
      assert.deepEqual(
        records.sort((a, b) => String(a.ids).length - String(b.ids).length),
        [
          { ids: [leadId], lead: withMs(dates.lead), trial: null },
          { ids: [payerOf(leadId)], lead: withMs(dates.trial), trial: withMs(dates.trial) },
        ],
      );
    });
  }

  /** A proven lead without a trial, whose customer has one: both records must change. */
  async function prove(leadId: string): Promise<void> {
    sandbox.ingest({ external_id: payerOf(leadId), trial_started_at: dates.trial, paid_at: dates.paid });
    await journeys.leadCreated(leadId, { occurredAt: dates.lead });
    await journeys.paymentSucceeded(leadId, { occurredAt: dates.paid, billingCustomerId: payerOf(leadId) });
    await journeys.handle(leadId).result();
  }

  /** Whether it is the n-th request of an unmerge, or its response, at which the worker is killed. */
  function isItsCell(unmerging: ReadonlyMap<string, Cell>, passing: Passing, side: Cell['side']): boolean {
    const leadId = leadOf(passing);
    const cell = unmerging.get(leadId);
    if (cell === undefined) return false;
    const made = seen.get(leadId) ?? [];
    if (side === 'before') seen.set(leadId, [...made, passing.method]);
    const number = side === 'before' ? made.length : made.length - 1;
    return cell.side === side && cell.number === number;
  }

  function leadOf({ path, body }: Passing): string {
    const { pathname, searchParams } = new URL(path, 'http://chartmogul');
    if (pathname === '/v1/customers/unmerges') return String(JSON.parse(body).external_id);
    if (pathname === '/v1/customers') return (searchParams.get('external_id') ?? '').replace(/^cus_/, '');
    const uuid = pathname.split('/').at(-1);
    const record = sandbox.customers().find((customer) => customer.uuid === uuid);
    return String(record?.external_id ?? '').replace(/^cus_/, '');
  }
});
