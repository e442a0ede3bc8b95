import { setTimeout as sleep } from 'node:timers/promises';
import { apiKey } from '../../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogulClient } from '../../../src/chartmogul/client.js';
import { milliseconds } from '../../../src/domain/duration.js';
import { currentRules } from '../../../src/workflows/rules.js';
import { alternate, percentile, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText, type Table } from '../harness/table.js';
import { park, untilQuiet } from '../stack/park.js';
import { type BenchStack, openStack } from '../stack/stack.js';
import { type Times, timesFrom, timesOfTasks } from '../stack/times.js';
import { floorWay, journeyWay, payerOf, reportDates, type Way } from '../stack/ways.js';

/** Signal, lookup, fresh look at the lead, merge, confirmation: a workflow task after each. */
const workflowTasks = 5;

/** One after the other: queueing is the business of other parts. */
export const paidPart: Part = {
  name: 'paid',
  about: 'from the report of a payment to the proven journey, and where the time goes',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, each] = quick ? [5, 3] : [7, 10];
    const waiting = quick ? 0 : 20;
    const stack = await openStack();
    try {
      onProgress('paid: bringing journeys to where they wait for the payment …');
      const [worker, floorWorker] = [await stack.startWorker(), await stack.startFloorWorker()];
      const way = journeyWay(stack);
      const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}_${index}`);
      const supply = {
        smooth: names('smooth', (rounds + 1) * each),
        hinted: names('hinted', (rounds + 1) * each),
        minute: names('minute', waiting),
      };
      await park(stack, way, Object.values(supply).flat());
      await untilQuiet({ worker: worker.pid, server: stack.server.pid });
      await sleep(milliseconds(currentRules().freshLook)); // in life weeks go by, and a journey looks before it merges

      const floor = floorWay(stack, floorWorker, 'nothing');
      const next = (leadIds: string[]) => leadIds.splice(0, each);
      const samples = await alternate({
        rounds,
        variants: {
          smooth: () => payEach(stack, way, next(supply.smooth)),
          hinted: () => payHinted(stack, next(supply.hinted)),
          requests: () => requestsAlone(stack, each),
          tasks: () => tasksAlone(stack, floor, each),
        },
        onRound: (round, of) => onProgress(`paid: round ${round + 1} of ${of} …`),
      });
      if (waiting > 0) onProgress('paid: without a hint, which takes a minute …');
      return resultOf(samples, await payUnhinted(stack, supply.minute));
    } finally {
      await stack.close();
    }
  },
};

interface Paid {
  readonly ms: number;
  readonly times?: Times;
}

interface Samples {
  readonly smooth: Paid[][];
  readonly hinted: Paid[][];
  /** Milliseconds of all requests of one journey. */
  readonly requests: number[][];
  /** Milliseconds of one workflow task. */
  readonly tasks: number[][];
}

/** The payer is in ChartMogul when the payment is reported. */
async function payEach(stack: BenchStack, way: Way, leadIds: readonly string[]): Promise<Paid[]> {
  const paid: Paid[] = [];
  for (const leadId of leadIds) {
    const began = performance.now();
    await way.paid(leadId);
    await way.ended(leadId);
    const ms = performance.now() - began;
    const history = await stack.journeys.handle(leadId).fetchHistory();
    paid.push({ ms, times: timesFrom(history, 'paymentSucceeded') });
  }
  return paid;
}

/** The payer comes right after the first look, and ChartMogul's webhook tells of it. */
async function payHinted(stack: BenchStack, leadIds: readonly string[]): Promise<Paid[]> {
  const paid: Paid[] = [];
  for (const leadId of leadIds) {
    const began = performance.now();
    const looked = await payTooEarly(stack, leadId);
    await looked;
    await stack.journeys.payerHint(leadId);
    await journeyWay(stack).ended(leadId);
    paid.push({ ms: performance.now() - began });
  }
  return paid;
}

/** The same without a hint: the next look comes a minute later. All at once, since nobody has to do anything meanwhile. */
async function payUnhinted(stack: BenchStack, leadIds: readonly string[]): Promise<number[]> {
  return Promise.all(
    leadIds.map(async (leadId) => {
      const began = performance.now();
      await payTooEarly(stack, leadId);
      await journeyWay(stack).ended(leadId);
      return performance.now() - began;
    }),
  );
}

/** Reports a payment before ChartMogul has the payer. Returns the promise of its first, vain look. */
async function payTooEarly({ sandbox, journeys, answers }: BenchStack, leadId: string): Promise<Promise<unknown>> {
  const payer = { external_id: payerOf(leadId), trial_started_at: reportDates.trial, paid_at: reportDates.paid };
  const looked = answers.of(payerOf(leadId), 'lookup').then(() => sandbox.ingest(payer));
  await journeys.paymentSucceeded(leadId, { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) });
  return looked;
}

let asked = 0;

/** The requests that a paying journey makes, by the same client, with nothing between them. */
async function requestsAlone({ sandbox }: BenchStack, count: number): Promise<number[]> {
  const chartMogul = new ChartMogulClient({ apiKey, url: sandbox.url });
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const leadId = `alone_${asked}`;
    asked += 1;
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

/** The workflow tasks of workflows that do nothing, from scheduled to completed. */
async function tasksAlone({ client, answers }: BenchStack, floor: Way, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const leadId = `task_${asked}`;
    asked += 1;
    await floor.lead(leadId);
    await answers.of(leadId, 'created');
    await floor.trial(leadId);
    await answers.of(leadId, 'dated');
    await floor.paid(leadId);
    await floor.ended(leadId);
    times.push(...timesOfTasks(await client.workflow.getHandle(`floor/${leadId}`).fetchHistory()));
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
    title: 'Payment to proven, ms: one journey after the other, server in memory, no delay at ChartMogul',
    columns: ['', 'p50', 'p95', 'p99'],
    rows: [
      row('the payer is there at the first look', msOf(smooth).flat()),
      row('it comes after the first look, with a hint', msOf(hinted).flat()),
      row('it comes after the first look, without', unhinted),
      row('the four requests alone', requests.flat()),
      row('one workflow task of a workflow that does nothing', tasks.flat()),
    ],
    notes: [
      `To the sum of the bare requests and ${workflowTasks} bare workflow tasks: ${spreadText(ratio)} times, median (min to max) of ${ratio.runs} alternating rounds.`,
      'Four requests: the payer, a fresh look at the lead, the merge, its confirmation. A minute is what the tutorial asks between two looks.',
    ],
  };
  const parts = smooth.flat().flatMap((paid) => (paid.times ? [paid.times] : []));
  const wanted = '< 3 times';
  return {
    tables: [times, shareTable(parts)],
    goals: [
      { what: 'payment to proven, to its bare parts', wanted, measured: spreadText(ratio), isMet: ratio.median < 3 },
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

function shareTable(parts: readonly Times[]): Table {
  const median = (of: keyof Times) =>
    percentile(
      parts.map((times) => times[of]),
      50,
    );
  const total = median('all');
  const row = (name: string, of: keyof Times) => [
    name,
    median(of).toFixed(1),
    `${((median(of) * 100) / total).toFixed(0)} %`,
  ];
  return {
    title: "Where the time goes, by the journey's own history",
    columns: ['', 'ms', 'share'],
    rows: [
      row('workflow tasks waiting for the worker', 'taskWait'),
      row('workflow tasks in the worker', 'taskRun'),
      row('requests waiting for the worker', 'activityWait'),
      row('requests in the worker and at ChartMogul', 'activityRun'),
      row('in the server between them', 'rest'),
      row('all, from signal to end', 'all'),
    ],
  };
}
