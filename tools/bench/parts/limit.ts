import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedRequest } from '../../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../../src/journeys/index.js';
import { backfillPriority } from '../../../src/workflows/policy.js';
import { percentile, type Spread, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText } from '../harness/table.js';
import { payerOf, reportDates } from '../stack/flows.js';
import { type BenchStack, openStack } from '../stack/stack.js';

/** The product's defaults: 30 of ChartMogul's 40 requests a second, 6 of its 20 connections for each worker. */
const requestsPerSecond = 30;
const parallelRequests = 6;
const workers = 2;
/** Of the stretch in which the queue is never empty. */
const slices = 6;
const liveLeads = 10;

export const limitPart: Part = {
  name: 'limit',
  about: "how much of the configured rate is used by many journeys at once, and a live journey's wait behind them",
  async run({ quick, onProgress }: PartOptions) {
    const bulk = quick ? 40 : 300;
    const stack = await openStack({ rateLimitPerSecond: 40, maxParallel: 20 });
    try {
      for (let worker = 0; worker < workers; worker += 1)
        await stack.startWorker({ requestsPerSecond, parallelRequests });
      const live = Array.from({ length: liveLeads }, (_, index) => `live_${index}`);
      for (const leadId of live) await becomeLead(stack, leadId);

      onProgress(`limit: ${bulk} journeys at once …`);
      const before = stack.sandbox.requests().length;
      const bulkIds = Array.from({ length: bulk }, (_, index) => `bulk_${index}`);
      await sendAtOnce(stack, bulkIds);
      const waits = await payMeanwhile(stack, live, quick);
      await Promise.all([...bulkIds, ...live].map((leadId) => stack.journeys.handle(leadId).result()));
      const requests = stack.sandbox.requests().slice(before);
      return resultOf(requests, waits, bulk);
    } finally {
      await stack.close();
    }
  },
};

async function becomeLead({ journeys, requestEvents }: BenchStack, leadId: string): Promise<void> {
  await journeys.leadCreated(leadId, { occurredAt: reportDates.lead });
  await requestEvents.waitFor(leadId, 'created');
}

/** As an import does: all that is known of a lead in one report, behind everything live. */
async function sendAtOnce({ client, sandbox }: BenchStack, leadIds: readonly string[]): Promise<void> {
  const bulk = new Journeys({ client, account: 'default', priority: backfillPriority });
  await Promise.all(
    leadIds.map((leadId) => {
      sandbox.ingest({ external_id: payerOf(leadId), paid_at: reportDates.paid });
      return bulk.reported(leadId, {
        leadCreated: { occurredAt: reportDates.lead },
        paymentSucceeded: { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) },
      });
    }),
  );
}

/** Live leads pay one after the other while the bulk is under way. Milliseconds from each payment to its lookup. */
async function payMeanwhile(
  { journeys, sandbox, requestEvents }: BenchStack,
  leadIds: readonly string[],
  quick: boolean,
) {
  const waits: number[] = [];
  for (const leadId of leadIds) {
    await sleep(quick ? 500 : 2_000); // spread over the time that the bulk takes
    sandbox.ingest({ external_id: payerOf(leadId), paid_at: reportDates.paid });
    const began = performance.now();
    const lookedUp = requestEvents.waitFor(payerOf(leadId), 'lookup');
    await journeys.paymentSucceeded(leadId, { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) });
    waits.push((await lookedUp) - began);
  }
  return waits;
}

/** The share of the configured rate, in equal slices of the time in which there is always something to do. */
function sharesOf(requests: readonly LoggedRequest[]): Spread {
  const times = requests.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
  const [from = 0, to = 0] = [times[Math.floor(times.length * 0.05)], times[Math.floor(times.length * 0.9)]];
  const sliceMs = (to - from) / slices;
  const shares = Array.from({ length: slices }, (_, slice) => {
    const begin = from + slice * sliceMs;
    const inSlice = times.filter((time) => time >= begin && time < begin + sliceMs).length;
    return (inSlice * 1000) / sliceMs / requestsPerSecond;
  });
  return spreadOf(shares);
}

function resultOf(requests: readonly LoggedRequest[], waits: readonly number[], bulk: number) {
  const share = sharesOf(requests);
  const refused = requests.filter(({ status }) => status === 429 || status === 503).length;
  const waitMs = { p50: percentile(waits, 50), p95: percentile(waits, 95), max: percentile(waits, 100) };
  return {
    tables: [
      {
        title: `Limit use: ${bulk} journeys at once, ${workers} workers, ${requestsPerSecond} requests/s configured, ChartMogul's limits on`,
        columns: ['', 'measured'],
        rows: [
          ['share of the configured rate', spreadText(share, 3)],
          ['requests', String(requests.length)],
          ['answered 429 or 503', String(refused)],
          ['lookup of a live payment, ms p50', waitMs.p50.toFixed(0)],
          ['lookup of a live payment, ms p95', waitMs.p95.toFixed(0)],
          ['lookup of a live payment, ms max', waitMs.max.toFixed(0)],
        ],
        notes: [
          `The share in ${slices} equal slices of the time in which the queue is never empty: median (min to max).`,
          `${waits.length} live leads pay while the bulk is under way; from the report to the request at ChartMogul.`,
        ],
      },
    ],
    goals: [
      {
        name: 'share of the configured rate',
        target: '>= 0.95',
        measured: spreadText(share, 3),
        isMet: share.median >= 0.95,
      },
      { name: '429 or 503 in the bulk', target: '0', measured: String(refused), isMet: refused === 0 },
      {
        name: 'live lookup behind the bulk',
        target: '<= 1000 ms',
        measured: `${waitMs.max.toFixed(0)} ms at most`,
        isMet: waitMs.max <= 1000,
      },
    ],
    figures: { bulk, share, refused, requests: requests.length, liveLookupMs: waits },
  };
}
