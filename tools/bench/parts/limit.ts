import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedRequest } from '../../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../../src/journeys/index.js';
import { backfillPriority } from '../../../src/workflows/policy.js';
import { percentile, type Spread, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText } from '../harness/table.js';
import { payerOf, reportDates } from '../stack/flows.js';
import { type BenchStack, openStack } from '../stack/stack.js';

/** The product's defaults: 36 of ChartMogul's 40 requests per second, 6 of its 20 connections for each worker. */
const requestsPerSecond = 36;
const parallelRequests = 6;
const workers = 2;
/** The time in which the queue is never empty is divided into slices. */
const slices = 6;
const liveLeads = 10;

export const limitPart: Part = {
  name: 'limit',
  about: 'use of the configured rate during a backfill, and the wait of live journeys',
  async run({ quick, onProgress }: PartOptions) {
    const backfill = quick ? 40 : 300;
    const stack = await openStack({ rateLimitPerSecond: 40, maxParallel: 20 });
    try {
      for (let worker = 0; worker < workers; worker += 1)
        await stack.startWorker({ requestsPerSecond, parallelRequests });
      const live = Array.from({ length: liveLeads }, (_, index) => `live_${index}`);
      for (const leadId of live) await createLead(stack, leadId);

      onProgress(`limit: backfilling ${backfill} journeys …`);
      const before = stack.sandbox.requests().length;
      const backfillIds = Array.from({ length: backfill }, (_, index) => `backfill_${index}`);
      await startBackfill(stack, backfillIds);
      const waits = await payLiveLeads(stack, live, quick);
      await Promise.all([...backfillIds, ...live].map((leadId) => stack.journeys.handle(leadId).result()));
      const requests = stack.sandbox.requests().slice(before);
      return resultOf(requests, waits, backfill);
    } finally {
      await stack.close();
    }
  },
};

async function createLead({ journeys, requestEvents }: BenchStack, leadId: string): Promise<void> {
  await journeys.leadCreated(leadId, { occurredAt: reportDates.lead });
  await requestEvents.waitFor(leadId, 'created');
}

/** Reports all facts of each lead at once, with low priority, like an import. */
async function startBackfill({ client, sandbox }: BenchStack, leadIds: readonly string[]): Promise<void> {
  const journeys = new Journeys({ client, account: 'default', priority: backfillPriority });
  await Promise.all(
    leadIds.map((leadId) => {
      sandbox.ingest({ external_id: payerOf(leadId), paid_at: reportDates.paid });
      return journeys.reported(leadId, {
        leadCreated: { occurredAt: reportDates.lead },
        paymentSucceeded: { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) },
      });
    }),
  );
}

/** Reports the payments of live leads, one at a time, during the backfill. Returns the milliseconds until each lookup. */
async function payLiveLeads(
  { journeys, sandbox, requestEvents }: BenchStack,
  leadIds: readonly string[],
  quick: boolean,
) {
  const waits: number[] = [];
  for (const leadId of leadIds) {
    await sleep(quick ? 500 : 2_000); // spreads the payments over the backfill
    sandbox.ingest({ external_id: payerOf(leadId), paid_at: reportDates.paid });
    const began = performance.now();
    const lookedUp = requestEvents.waitFor(payerOf(leadId), 'lookup');
    await journeys.paymentSucceeded(leadId, { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) });
    waits.push((await lookedUp) - began);
  }
  return waits;
}

/** The share of the configured rate in equal slices of the time in which the queue is never empty. */
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

function resultOf(requests: readonly LoggedRequest[], waits: readonly number[], backfill: number) {
  const share = sharesOf(requests);
  const refused = requests.filter(({ status }) => status === 429 || status === 503).length;
  const waitMs = { p50: percentile(waits, 50), p95: percentile(waits, 95), max: percentile(waits, 100) };
  return {
    tables: [
      {
        title: `Limit use: ${backfill} concurrent journeys, ${workers} workers, ${requestsPerSecond} requests/s configured, ChartMogul's limits enforced`,
        columns: ['', 'measured'],
        rows: [
          ['share of the configured rate', spreadText(share, 3)],
          ['requests', String(requests.length)],
          ['responses with 429 or 503', String(refused)],
          ['lookup of a live payment, ms p50', waitMs.p50.toFixed(0)],
          ['lookup of a live payment, ms p95', waitMs.p95.toFixed(0)],
          ['lookup of a live payment, ms max', waitMs.max.toFixed(0)],
        ],
        notes: [
          `Share: median (min to max) of ${slices} equal slices of the time in which the queue is never empty.`,
          `Lookup: from the report of the payment to the request to ChartMogul, for ${waits.length} live leads that pay during the backfill.`,
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
      { name: '429 or 503 during the backfill', target: '0', measured: String(refused), isMet: refused === 0 },
      {
        name: 'lookup of a live payment during the backfill',
        target: '<= 1000 ms',
        measured: `${waitMs.max.toFixed(0)} ms maximum`,
        isMet: waitMs.max <= 1000,
      },
    ],
    figures: { backfill, share, refused, requests: requests.length, liveLookupMs: waits },
  };
}
