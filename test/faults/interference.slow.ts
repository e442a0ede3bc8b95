import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import type { AttentionCode, RequestName } from '../../src/domain/journey/attention.js';
import { Journeys, type JourneyView } from '../../src/starter.js';
import type { RunningWorker } from '../../src/worker.js';
import { openWire, type Passing, type Wire } from '../../tools/drill/wire.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { eventually } from '../support/eventually.js';
import { atOnce, workerOf } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { type Moment, recognising } from './moments.js';
import { payerOf } from './passing-requests.js';

type Interference = 'merged by ChartMogul itself' | 'deleted' | 'merged into a stranger' | 'unmerged';

/** A lead whose record is changed from outside at one moment of its journey. */
interface Cell extends Moment {
  readonly what: Interference;
  /** The record existed before the journey, without dates. */
  readonly imported?: true;
}

const steps: readonly RequestName[] = [
  'createLead',
  'findPayingCustomer',
  'requestMerge',
  'confirmMerge',
  'writeDates',
];
const sides = ['before', 'after'] as const;
const moments = steps.flatMap((step) => sides.map((side) => ({ step, side, which: 1 as const })));
const merged = moments.slice(moments.findIndex(({ step, side }) => step === 'confirmMerge' && side === 'after'));

/** Moments that differ for an imported lead: its record exists, is looked up, and gets its dates before the merge. */
const importedMoments = (['createLead', 'findLead', 'writeDates'] as const).flatMap((step) =>
  sides.map((side) => ({ step, side, which: 1 as const })),
);

const cells: readonly Cell[] = [
  ...cellsOf('merged by ChartMogul itself', moments),
  ...cellsOf('deleted', moments),
  ...cellsOf('merged into a stranger', moments),
  ...cellsOf('unmerged', merged),
  ...(['merged by ChartMogul itself', 'deleted', 'merged into a stranger'] as const).flatMap((what) =>
    cellsOf(what, importedMoments).map((cell) => ({
      ...cell,
      leadId: cell.leadId.replace('lead-', 'lead-imported-'),
      imported: true as const,
    })),
  ),
];

function cellsOf(what: Interference, at: readonly Omit<Moment, 'leadId'>[]): Cell[] {
  const kind = what.replaceAll(' ', '-');
  return at.map((moment) => ({ ...moment, what, leadId: `lead-${kind}-${moment.side}-${moment.step}` }));
}

/** The expected end of the journey: proven, or an attention. */
function endOf({ what, step, side, imported }: Cell): 'proven' | AttentionCode {
  if (imported) return endOfImported(what, step, side);
  const at = moments.findIndex((moment) => moment.step === step && moment.side === side);
  const isThere = at > 0; // before that, the lead has no record
  const isLast = at === moments.length - 1;
  const isMerged = merged.some((moment) => moment.step === step && moment.side === side);
  switch (what) {
    case 'merged by ChartMogul itself':
    case 'unmerged':
      return 'proven';
    case 'deleted':
      if (!isThere || isLast) return 'proven';
      return isMerged ? 'payer-not-found' : 'lead-missing'; // by then, it is also the payer's record
    case 'merged into a stranger':
      return !isThere || isMerged ? 'proven' : 'merged-elsewhere'; // by then, this merges the payer's record too
  }
}

function endOfImported(what: Interference, step: RequestName, side: Moment['side']): 'proven' | AttentionCode {
  if (what === 'merged by ChartMogul itself') return 'proven';
  if (what === 'merged into a stranger') return 'merged-elsewhere';
  if (step === 'createLead' && side === 'before') return 'proven'; // the journey creates the deleted record again
  return step === 'writeDates' || (step === 'findLead' && side === 'after') ? 'lead-missing' : 'record-hidden';
}

const dates = { lead: '2016-01-05T00:00:00Z', trial: '2016-02-10T05:15:10Z', paid: '2016-02-25T00:00:00Z' };

describe('a record that is changed from outside during a journey', () => {
  let sandbox: Sandbox;
  let wire: Wire;
  let worker: RunningWorker;
  const views = new Map<string, JourneyView>();
  /** The strangers' records after the outside merge. */
  const strangers = new Map<string, string>();
  let journeys: Journeys;

  before(async () => {
    await stopJourneyWorkers();
    const server = await testServer();
    sandbox = await startSandbox({ ...atOnce, rateLimitPerSecond: 0, maxParallel: 0 });
    const momentOf = recognising(cells, () => sandbox);
    const hook = async (passing: Passing, side: Moment['side']) => {
      const cell = momentOf(passing, side);
      if (cell) await interfere(cell);
      return undefined;
    };
    wire = await openWire({
      upstream: sandbox.url,
      onRequest: (passing) => hook(passing, 'before'),
      onAnswer: async (passing) => void (await hook(passing, 'after')),
    });
    const account = `faults-${randomUUID().slice(0, 8)}`;
    journeys = new Journeys({ client: server.client, account });
    // All reports arrive before the worker starts, so that every journey makes the same requests.
    await Promise.all(cells.map(report));
    worker = await workerOf(
      {
        chartMogul: { apiKey, url: wire.url, timeoutMs: 5_000 },
        requestsPerSecond: 1_000,
        parallelRequests: 20,
        sources: { leads: sandbox.leadsSourceUuid, billing: sandbox.billingSourceUuid },
        account,
        logLevel: 'silent',
      },
      server,
    );
    await Promise.all(cells.map(async ({ leadId }) => views.set(leadId, await untilSettled(journeys, leadId))));
  });

  after(async () => {
    worker?.stop();
    await wire?.close();
    await sandbox?.close();
    await worker?.ended;
  });

  for (const cell of cells) {
    const { leadId, what, side, step, imported } = cell;
    it(`${imported ? 'of an imported lead, ' : ''}${what} right ${side} ${step}: ${endOf(cell)}`, () => {
      const view = views.get(leadId);

      assert.equal(view?.attention?.code ?? view?.stage, endOf(cell));
      assertRecords(cell);
    });
  }

  it('is merged again by the next report if it was unmerged after the proof', async () => {
    const leadId = cells.findLast(({ what }) => what === 'unmerged')?.leadId ?? '';
    assert.equal(recordsOf(leadId).length, 2);

    await journeys.leadCreated(leadId, { occurredAt: dates.lead });
    await untilSettled(journeys, leadId);

    assert.deepEqual(recordsOf(leadId), [provenRecord(leadId)]);
  });

  /** If proven, one record with both ids and the true dates. Otherwise, an unchanged stranger's record. */
  function assertRecords(cell: Cell): void {
    const { leadId, what } = cell;
    const records = recordsOf(leadId);
    const isChangedAfterProof = !cell.imported && cell.step === 'writeDates' && cell.side === 'after';
    assert.equal(strangerOf(leadId), endOf(cell) === 'proven' ? strangerOf(leadId) : strangers.get(leadId));
    if (endOf(cell) === 'proven' && what !== 'merged into a stranger' && !isChangedAfterProof) {
      assert.deepEqual(records, [provenRecord(leadId)]);
    }
    const payers = records.map(({ ids }) => ids.filter((id) => !id.startsWith('lead-')).length);
    const byHand = what === 'merged into a stranger' && endOf(cell) === 'proven' ? 2 : 1;
    assert.ok(
      payers.every((count) => count <= byHand),
      'a journey never merges two payers',
    );
  }

  function recordsOf(leadId: string) {
    return sandbox
      .customers()
      .filter(({ external_ids }) => String(external_ids).includes(leadId))
      .map(({ external_ids, lead_created_at, free_trial_started_at }) => ({
        ids: [...idsIn(external_ids)].sort(),
        lead: lead_created_at,
        trial: free_trial_started_at,
      }));
  }

  function provenRecord(leadId: string) {
    return {
      ids: [payerOf(leadId), leadId].sort(),
      lead: dates.lead.replace('Z', '.000Z'),
      trial: dates.trial.replace('Z', '.000Z'),
    };
  }

  function strangerOf(leadId: string): string | undefined {
    const record = sandbox.customers().find(({ external_ids }) => idsIn(external_ids).includes(`stranger_${leadId}`));
    return record && JSON.stringify(record);
  }

  async function report({ leadId, what, imported }: Cell): Promise<void> {
    const record = { data_source_uuid: sandbox.leadsSourceUuid, external_id: leadId, name: leadId };
    if (imported) await byHand('POST', '', record);
    sandbox.ingest({ external_id: payerOf(leadId), trial_started_at: dates.trial, paid_at: dates.paid });
    if (what === 'merged into a stranger') {
      sandbox.ingest({ external_id: `stranger_${leadId}`, trial_started_at: '2016-03-01', paid_at: dates.paid });
    }
    await journeys.leadCreated(leadId, { occurredAt: dates.lead });
    await journeys.trialStarted(leadId, { occurredAt: dates.trial });
    await journeys.paymentSucceeded(leadId, { occurredAt: dates.paid, billingCustomerId: payerOf(leadId) });
  }

  async function interfere({ leadId, what }: Cell): Promise<void> {
    switch (what) {
      case 'merged by ChartMogul itself':
        return mergeByHand(leadId, payerOf(leadId));
      case 'deleted':
        return byHand('DELETE', `/${uuidOf(leadId)}`);
      case 'merged into a stranger': {
        await mergeByHand(leadId, `stranger_${leadId}`);
        const stranger = strangerOf(leadId);
        if (stranger !== undefined) strangers.set(leadId, stranger);
        return;
      }
      case 'unmerged':
        return byHand('POST', '/unmerges', {
          customer_uuid: uuidOf(leadId),
          data_source_uuid: sandbox.leadsSourceUuid,
          external_id: leadId,
        });
    }
  }

  async function mergeByHand(from: string, into: string): Promise<void> {
    const intoUuid = uuidOf(into);
    await byHand('POST', '/merges', { from: { customer_uuid: uuidOf(from) }, into: { customer_uuid: intoUuid } });
    await byHand('GET', `/${intoUuid}`); // a merge takes effect at the first read
  }

  async function byHand(method: string, path: string, body?: object): Promise<void> {
    await fetch(`${sandbox.url}/v1/customers${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  function uuidOf(externalId: string): string {
    const record = sandbox.customers().find(({ external_ids }) => idsIn(external_ids).includes(externalId));
    return String(record?.uuid);
  }
});

/** The sandbox stores ChartMogul's own shape. */
function idsIn(externalIds: unknown): string[] {
  return externalIds as string[];
}

/** Skips time until a journey is proven, or has attention and waits for its next try. */
async function untilSettled(journeys: Journeys, leadId: string): Promise<JourneyView> {
  await fastForward(journeys.handle(leadId), '3 hours').catch((error: unknown) => {
    if (!String(error).includes('the execution ended')) throw error;
  });
  return eventually(async () => {
    const view = await journeys.view(leadId);
    return (view.stage === 'proven' || view.attention?.nextTryAt !== undefined) && view;
  });
}
