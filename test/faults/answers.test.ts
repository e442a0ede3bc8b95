import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import type { RequestName } from '../../src/domain/journey/attention.js';
import { Journeys, type JourneyView } from '../../src/starter.js';
import type { RunningWorker } from '../../src/worker.js';
import { type OwnAnswer, openWire, type Wire } from '../../tools/drill/wire.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { answers, type Row } from '../support/answers.js';
import { atOnce, workerOf } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { answersTable, type Outcome, outcomeOf, steps } from './outcomes.js';
import { journeyOf, payerOf } from './passing-requests.js';

/** A journey that always gets the same response at one step. Responses with the same outcome are tested once. */
interface Cell {
  readonly leadId: string;
  readonly step: RequestName;
  readonly row: Row;
  readonly outcome: Outcome;
}

const dates = { lead: '2016-01-05T00:00:00Z', trial: '2016-02-10T05:15:10Z', paid: '2016-02-25T00:00:00Z' };

describe('a ChartMogul response that never changes', () => {
  let sandbox: Sandbox;
  let wire: Wire;
  let worker: RunningWorker;
  const tries = new Map<string, number>();
  const ends = new Map<string, JourneyView>();
  const cells = cellsOf(answers);

  before(async () => {
    await stopJourneyWorkers();
    const server = await testServer();
    sandbox = await startSandbox({ ...atOnce, rateLimitPerSecond: 0, maxParallel: 0 });
    wire = await openWire({
      upstream: sandbox.url,
      onRequest(passing) {
        const { step, leadId } = journeyOf(passing, sandbox);
        const cell = cells.find((candidate) => candidate.leadId === leadId);
        if (step === cell?.step) {
          tries.set(leadId, (tries.get(leadId) ?? 0) + 1);
          return answerOf(cell.row);
        }
        // A journey looks up a lead only if the lead already exists.
        return cell?.step === 'findLead' && step === 'createLead' ? exists : undefined;
      },
    });
    const account = `faults-${randomUUID().slice(0, 8)}`;
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
    const journeys = new Journeys({ client: server.client, account });
    await Promise.all(cells.map(async (cell) => ends.set(cell.leadId, await untilAttention(journeys, cell))));
  });

  after(async () => {
    worker?.stop();
    await wire?.close();
    await sandbox?.close();
    await worker?.ended;
  });

  for (const { leadId, step, row, outcome } of cells) {
    it(`raises ${outcome.attention} if ChartMogul ${row.what} at ${step} (${outcome.becomes})`, () => {
      const { attention } = ends.get(leadId) ?? {};

      assert.equal(attention?.code, outcome.attention);
      assert.equal(tries.get(leadId), outcome.tries);
      const hours = (Date.parse(attention?.nextTryAt ?? '') - Date.parse(attention?.since ?? '')) / 3_600_000;
      assert.equal(hours, 1);
    });
  }

  it('has an outcome at every step', () => {
    for (const row of answers) for (const step of steps) assert.ok(outcomeOf(row, step).attention);
  });

  it('is documented in docs/faults.md', async () => {
    const document = await readFile(new URL('../../docs/faults.md', import.meta.url), 'utf8');

    assert.ok(document.includes(answersTable()), `docs/faults.md must contain this table:\n\n${answersTable()}\n`);
  });

  /** Reports a lead with a trial and a payment, and skips 40 minutes of retries. */
  async function untilAttention(journeys: Journeys, { leadId }: Cell): Promise<JourneyView> {
    sandbox.ingest({ external_id: payerOf(leadId), trial_started_at: dates.trial, paid_at: dates.paid });
    // In one message, because a fact that arrives after a failure starts another try at once.
    await journeys.reported(leadId, {
      leadCreated: { occurredAt: dates.lead },
      trialStarted: { occurredAt: dates.trial },
      paymentSucceeded: { occurredAt: dates.paid, billingCustomerId: payerOf(leadId) },
    });
    await fastForward(journeys.handle(leadId), '40 minutes');
    for (;;) {
      const view = await journeys.view(leadId);
      if (view.attention?.nextTryAt !== undefined) return view;
    }
  }
});

const exists: OwnAnswer = {
  status: 422,
  body: JSON.stringify({
    errors: { external_id: 'The external ID for this customer already exists in our system.' },
  }),
};

/** One cell for each distinct outcome at a step. */
function cellsOf(rows: readonly Row[]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const step of steps) {
    for (const row of rows) {
      // `Retry-After` changes the time of the next try, not the outcome: see test/activities.
      if (row.delay) continue;
      const outcome = outcomeOf(row, step);
      const key = `${step}-${row.type}-${JSON.stringify(row.answers?.[step])}`;
      const leadId = `lead-${cells.size + 1}`;
      if (!cells.has(key)) cells.set(key, { leadId, step, row, outcome });
    }
  }
  return [...cells.values()];
}

/** The response to this row's fault, for a single journey. A fault of the sandbox applies to all journeys. */
function answerOf({ fault }: Row): OwnAnswer {
  const { status, body, retryAfter } = fault;
  if (status === 'garbage') return { status: 200, body: '<html>' };
  if (status === 'reset' || status === 'drop_answer') return 'reset';
  if (status === 'timeout') return 'hold';
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
  return { status, body: text, ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }) };
}
