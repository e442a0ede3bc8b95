import { setTimeout as sleep } from 'node:timers/promises';
import { apiKey } from '../../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogulClient } from '../../../src/chartmogul/client.js';
import { milliseconds } from '../../../src/domain/duration.js';
import { currentRules } from '../../../src/workflows/rules.js';
import { alternate, percentile, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText, type Table } from '../harness/table.js';
import { floorFlow, journeyFlow, type LeadFlow, payerOf, reportDates } from '../stack/flows.js';
import { type HistoryTimes, timesSinceSignal, workflowTaskTimes } from '../stack/history-times.js';
import { park, waitUntilIdle } from '../stack/park.js';
import { type BenchStack, openStack } from '../stack/stack.js';

/** One each after the signal, the payer's lookup, the lead's lookup, the merge and its confirmation. */
const workflowTasks = 5;

/** Journeys run one at a time. Other parts measure queueing. */
export const paidPart: Part = {
  name: 'paid',
  about: 'time from the report of a payment to the proven journey, and its breakdown',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, each] = quick ? [5, 3] : [7, 10];
    const unhinted = quick ? 0 : 20;
    const stack = await openStack();
    try {
      onProgress('paid: preparing journeys …');
      const [worker, floorWorker] = [await stack.startWorker(), await stack.startFloorWorker()];
      const flow = journeyFlow(stack);
      const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}_${index}`);
      const leads = {
        smooth: names('smooth', (rounds + 1) * each),
        hinted: names('hinted', (rounds + 1) * each),
        unhinted: names('unhinted', unhinted),
      };
      await park(stack, flow, Object.values(leads).flat());
      await waitUntilIdle({ worker: worker.pid, server: stack.server.pid });
      await sleep(milliseconds(currentRules().freshLook)); // then they look up the lead again before the merge

      const floor = floorFlow(stack, floorWorker, 'nothing');
      const next = (leadIds: string[]) => leadIds.splice(0, each);
      const samples = await alternate({
        rounds,
        variants: {
          smooth: () => payEach(stack, flow, next(leads.smooth)),
          hinted: () => payHinted(stack, next(leads.hinted)),
          requests: () => requestsAlone(stack, each),
          tasks: () => tasksAlone(stack, floor, each),
        },
        onRound: (round, of) => onProgress(`paid: round ${round + 1} of ${of} …`),
      });
      if (unhinted > 0) onProgress('paid: without a hint, takes a minute …');
      return resultOf(samples, await payUnhinted(stack, leads.unhinted));
    } finally {
      await stack.close();
    }
  },
};

interface Paid {
  readonly ms: number;
  readonly times?: HistoryTimes;
}

interface Samples {
  readonly smooth: Paid[][];
  readonly hinted: Paid[][];
  /** Milliseconds for all requests of one journey. */
  readonly requests: number[][];
  /** Milliseconds of one workflow task. */
  readonly tasks: number[][];
}

/** The payer is already in ChartMogul when the payment is reported. */
async function payEach(stack: BenchStack, flow: LeadFlow, leadIds: readonly string[]): Promise<Paid[]> {
  const paid: Paid[] = [];
  for (const leadId of leadIds) {
    const began = performance.now();
    await flow.paid(leadId);
    await flow.ended(leadId);
    const ms = performance.now() - began;
    const history = await stack.journeys.handle(leadId).fetchHistory();
    paid.push({ ms, times: timesSinceSignal(history, 'paymentSucceeded') });
  }
  return paid;
}

/** The payer appears right after the first lookup, and a hint triggers the next one. */
async function payHinted(stack: BenchStack, leadIds: readonly string[]): Promise<Paid[]> {
  const paid: Paid[] = [];
  for (const leadId of leadIds) {
    const began = performance.now();
    await payBeforeIngest(stack, leadId);
    await stack.journeys.payerHint(leadId);
    await journeyFlow(stack).ended(leadId);
    paid.push({ ms: performance.now() - began });
  }
  return paid;
}

/** The same without a hint: the next lookup is a minute later. The journeys wait concurrently. */
async function payUnhinted(stack: BenchStack, leadIds: readonly string[]): Promise<number[]> {
  return Promise.all(
    leadIds.map(async (leadId) => {
      const began = performance.now();
      await payBeforeIngest(stack, leadId);
      await journeyFlow(stack).ended(leadId);
      return performance.now() - began;
    }),
  );
}

/** Reports a payment, waits for the first lookup, and then adds the payer to ChartMogul. */
async function payBeforeIngest({ sandbox, journeys, requestEvents }: BenchStack, leadId: string): Promise<void> {
  const payer = { external_id: payerOf(leadId), trial_started_at: reportDates.trial, paid_at: reportDates.paid };
  const ingested = requestEvents.waitFor(payerOf(leadId), 'lookup').then(() => sandbox.ingest(payer));
  await journeys.paymentSucceeded(leadId, { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) });
  await ingested;
}

let leadNumber = 0;

/** Measures only the requests of a paying journey, with the same client. */
async function requestsAlone({ sandbox }: BenchStack, count: number): Promise<number[]> {
  const chartMogul = new ChartMogulClient({ apiKey, url: sandbox.url });
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const leadId = `alone_${leadNumber}`;
    leadNumber += 1;
    const lead = { data_source_uuid: sandbox.leadsSourceUuid, external_id: leadId, name: leadId };
    const { uuid } = await chartMogul.createCustomer(lead);
    sandbox.ingest({ external_id: payerOf(leadId), paid_at: reportDates.paid });
    const began = performance.now();
    const [payer] = await chartMogul.findCustomers(sandbox.billingSourceUuid, payerOf(leadId));
    await chartMogul.findCustomers(sandbox.leadsSourceUuid, leadId);
    await chartMogul.mergeCustomers(uuid, payer?.uuid ?? '');
    await chartMogul.retrieveCustomer(payer?.uuid ?? '');
    times.push(performance.now() - began);
  }
  return times;
}

/** Measures the workflow tasks of the floor, from scheduled to completed. */
async function tasksAlone({ client, requestEvents }: BenchStack, floor: LeadFlow, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const leadId = `task_${leadNumber}`;
    leadNumber += 1;
    await floor.lead(leadId);
    await requestEvents.waitFor(leadId, 'created');
    await floor.trial(leadId);
    await requestEvents.waitFor(leadId, 'updated');
    await floor.paid(leadId);
    await floor.ended(leadId);
    times.push(...workflowTaskTimes(await client.workflow.getHandle(`floor/${leadId}`).fetchHistory()));
  }
  return times;
}

function resultOf({ smooth, hinted, requests, tasks }: Samples, unhinted: readonly number[]) {
  const medians = (rounds: readonly (readonly number[])[]) => rounds.map((round) => percentile(round, 50));
  const msOf = (rounds: readonly Paid[][]) => rounds.map((round) => round.map(({ ms }) => ms));
  const taskMs = medians(tasks);
  const bare = medians(requests).map((ms, round) => ms + workflowTasks * (taskMs[round] ?? Number.NaN));
  const ratio = ratioOf(medians(msOf(smooth)), bare);
  const row = (name: string, ms: readonly number[]) => [
    name,
    ...[50, 95, 99].map((percent) => (ms.length === 0 ? '–' : percentile(ms, percent).toFixed(0))),
  ];
  const times: Table = {
    title: 'Payment to proven, ms: one journey at a time, server in memory, no delay at ChartMogul',
    columns: ['', 'p50', 'p95', 'p99'],
    rows: [
      row('payer found at the first lookup', msOf(smooth).flat()),
      row('payer appears after the first lookup, with a hint', msOf(hinted).flat()),
      row('payer appears after the first lookup, without a hint', unhinted),
      row('the four requests alone', requests.flat()),
      row('one workflow task of the floor', tasks.flat()),
    ],
    notes: [
      `Ratio to the sum of the four requests and ${workflowTasks} workflow tasks of the floor: ${spreadText(ratio)}, median (min to max) of ${ratio.runs} alternating rounds.`,
      "Four requests: look up the payer, look up the lead again, merge, confirm the merge. ChartMogul's tutorial asks for a minute between two lookups.",
    ],
  };
  const parts = smooth.flat().flatMap((paid) => (paid.times ? [paid.times] : []));
  return {
    tables: [times, shareTable(parts)],
    goals: [
      {
        name: 'payment to proven, ratio to requests and floor tasks',
        target: '< 3',
        measured: spreadText(ratio),
        isMet: ratio.median < 3,
      },
    ],
    figures: {
      ratio,
      bareMs: spreadOf(bare),
      smooth,
      hinted,
      unhintedMs: unhinted,
      requestsMs: requests,
      taskMs: tasks,
    },
  };
}

function shareTable(parts: readonly HistoryTimes[]): Table {
  const median = (of: keyof HistoryTimes) =>
    percentile(
      parts.map((times) => times[of]),
      50,
    );
  const total = median('all');
  const row = (name: string, of: keyof HistoryTimes) => [
    name,
    median(of).toFixed(1),
    `${((median(of) * 100) / total).toFixed(0)} %`,
  ];
  return {
    title: "Where the time goes, from the journey's history",
    columns: ['', 'ms', 'share'],
    rows: [
      row('workflow tasks waiting for the worker', 'taskWait'),
      row('workflow tasks in the worker', 'taskRun'),
      row('requests waiting for the worker', 'activityWait'),
      row('requests in the worker and at ChartMogul', 'activityRun'),
      row('in the server, between these steps', 'rest'),
      row('total, from signal to end', 'all'),
    ],
  };
}
