import type { JourneyResult, JourneyView } from '../../src/workflows/messages.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { unmergeByHand } from './by-hand.js';
import { eventually } from './eventually.js';
import { holdRequest } from './held-requests.js';
import { type Stage, type StageOptions, until, workerOf } from './journeys.js';

/** The dates of ChartMogul's tutorial. */
export const adam = {
  leadId: 'cus_0001',
  payerId: 'cus_9TSLDKbqG2iKgK',
  lead: '2016-01-05T00:00:00Z',
  trial: '2016-02-10T05:15:10Z',
  paid: '2016-02-25T00:00:00Z',
  profile: { name: 'Adam Smith', email: 'adam@example.com', country: 'US' },
} as const;

/**
 * A scenario of a journey with the tutorial's customer. Tests run it and check the result. The recorder runs it and
 * stores its history, which every later version of the workflow must replay.
 */
export interface Scenario {
  readonly knobs?: StageOptions;
  run(stage: Stage): Promise<unknown>;
}

const { leadId, payerId } = adam;

export const lead = (stage: Stage) =>
  stage.journeys.leadCreated(leadId, { occurredAt: adam.lead, profile: adam.profile });
export const trial = (stage: Stage, billingCustomerId?: string) =>
  stage.journeys.trialStarted(leadId, {
    occurredAt: adam.trial,
    ...(billingCustomerId !== undefined && { billingCustomerId }),
  });
export const paid = (stage: Stage, billingCustomerId: string = payerId) =>
  stage.journeys.paymentSucceeded(leadId, { occurredAt: adam.paid, billingCustomerId });

/** Adds the Stripe customer to ChartMogul. Its trial also sets its lead date, so a merge loses the date in January. */
export const stripe = (stage: Stage, more: Parameters<Stage['sandbox']['ingest']>[0] | object = {}) =>
  stage.sandbox.ingest({ external_id: payerId, trial_started_at: adam.trial, paid_at: adam.paid, ...more });

export const created = (stage: Stage) => until(stage, leadId, (view) => view.customerUuid !== undefined);
/** Waits until the journey has nothing to do before the next report or try. */
export const resting = (stage: Stage) =>
  until(
    stage,
    leadId,
    ({ doing }) => doing.startsWith('waiting for the trial') || doing.startsWith('waiting for the payment'),
  );
export const inAttention = (stage: Stage, code: string) =>
  until(stage, leadId, ({ attention }) => attention?.code === code && attention.nextTryAt !== undefined);
export const healed = (stage: Stage) => until(stage, leadId, ({ attention }) => attention === undefined);
export const looking = (stage: Stage) =>
  until(stage, leadId, ({ doing }) => doing === 'looking for the paying customer');
export const ended = (stage: Stage) => stage.journeys.handle(leadId).result() as Promise<JourneyResult>;
export const view = (stage: Stage): Promise<JourneyView> => stage.journeys.view(leadId);
/** Allow more than the sum of the waits: the requests between them take seconds on a busy machine. */
export const forward = (stage: Stage, duration: Parameters<typeof fastForward>[1]) =>
  fastForward(stage.journeys.handle(leadId), duration, { maxSessionSkipCount: 2000 });

/** Moves the clock forward until the journey ends. */
export async function forwardToEnd(stage: Stage, duration: Parameters<typeof fastForward>[1]): Promise<JourneyResult> {
  await forward(stage, duration).catch((error) => {
    if (!String(error).includes('the execution ended')) throw error;
  });
  return ended(stage);
}

/** The ids and dates of every record. */
export function records(stage: Stage) {
  return stage.sandbox.customers().map((customer) => ({
    ids: [...(customer.external_ids as string[])].sort(), // the sandbox stores ChartMogul's own shape
    lead: customer.lead_created_at,
    trial: customer.free_trial_started_at,
  }));
}

/** The expected final record of Adam Smith: both ids and the true dates. */
export const adamProven = [
  { ids: [leadId, payerId], lead: '2016-01-05T00:00:00.000Z', trial: '2016-02-10T05:15:10.000Z' },
];

/** Waits until the sandbox has received a number of calls of a kind, such as `GET /v1/customers`. */
export async function calls(stage: Stage, pattern: string, count: number): Promise<void> {
  const seen = () => stage.requests().filter((request) => request.startsWith(pattern)).length;
  await until(stage, leadId, () => seen() >= count);
}

/** Lookups that were cancelled while they waited for their next attempt. */
export async function wokenLookups(stage: Stage): Promise<number> {
  const { events = [] } = await stage.journeys.handle(leadId).fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskCanceledEventAttributes).length;
}

/** Brings a journey to a PATCH that is held on its way to ChartMogul. */
export async function writeUnderWay(stage: Stage) {
  const write = await holdRequest(stage, 'PATCH /v1/customers/');
  await lead(stage);
  await created(stage);
  await trial(stage);
  await write.arrived;
  return write;
}

/** The journey has cancelled its request. */
export const writeCancelled = (stage: Stage) =>
  eventually(async () => (await eventsOf(stage)).some((event) => event.activityTaskCancelRequestedEventAttributes));

export const writeAnswered = (stage: Stage) =>
  eventually(async () => (await eventsOf(stage)).filter((event) => event.activityTaskCompletedEventAttributes)[1]);

async function eventsOf(stage: Stage) {
  return (await stage.journeys.handle(leadId).fetchHistory()).events ?? [];
}

export const scenarios = {
  smooth: {
    knobs: { mergeDates: 'earliest' },
    async run(stage) {
      await lead(stage);
      await created(stage);
      await trial(stage);
      await resting(stage);
      stripe(stage);
      await paid(stage);
      await ended(stage);
    },
  },
  'dates-put-back': {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await trial(stage);
      await resting(stage);
      stripe(stage);
      await paid(stage);
      await ended(stage);
    },
  },
  'trial-first': {
    async run(stage) {
      await trial(stage);
      await created(stage);
      await lead(stage);
      await resting(stage);
      stripe(stage);
      await paid(stage);
      await ended(stage);
    },
  },
  'early-merge': {
    async run(stage) {
      await lead(stage);
      await created(stage);
      stage.sandbox.ingest({ external_id: payerId, trial_started_at: adam.trial });
      await trial(stage, payerId);
      await until(stage, leadId, ({ doing }) => doing === 'waiting for the payment');
      await forward(stage, '45 days');
      stripe(stage);
      await paid(stage);
      await ended(stage);
    },
  },
  'payment-first': {
    async run(stage) {
      stripe(stage);
      await paid(stage);
      await until(stage, leadId, ({ doing }) => doing === 'waiting for the lead to be reported');
      await forward(stage, '1 day');
      await inAttention(stage, 'payment-without-lead');
      await lead(stage);
      await ended(stage);
    },
  },
  attention: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await looking(stage);
      await forward(stage, '30 minutes');
      await inAttention(stage, 'payer-not-found');
      await forward(stage, '26 hours');
      stripe(stage);
      await forwardToEnd(stage, '1 hour');
    },
  },
  'slow-lane-and-retry': {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await looking(stage);
      await forward(stage, '30 minutes');
      await inAttention(stage, 'payer-not-found');
      await forward(stage, '3 hours');
      await stage.journeys.retry(leadId);
      await looking(stage);
      stripe(stage);
      await forwardToEnd(stage, '1 minute');
    },
  },
  'already-merged': {
    knobs: { autoMerge: 'external_id' },
    async run(stage) {
      await lead(stage);
      await created(stage);
      stage.sandbox.ingest({ external_id: leadId, paid_at: adam.paid });
      await paid(stage, leadId);
      await ended(stage);
    },
  },
  'started-again': {
    async run(stage) {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await ended(stage);
      await trial(stage);
      await ended(stage);
    },
  },
  correction: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await trial(stage);
      await resting(stage);
      await stage.journeys.correct(leadId, {
        date: 'leadCreatedAt',
        to: '2016-01-07T09:00:00Z',
        note: 'wrong conference',
      });
      await until(stage, leadId, ({ doing }) => doing.startsWith('waiting'));
      stripe(stage);
      await paid(stage);
      await ended(stage);
    },
  },
  relink: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage, 'cus_typing_error');
      await looking(stage);
      await calls(stage, 'GET /v1/customers', 1);
      stripe(stage);
      await stage.journeys.relink(leadId, { billingCustomerId: payerId, note: 'typing error' });
      await ended(stage);
    },
  },
  hint: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await calls(stage, 'GET /v1/customers', 1);
      stripe(stage);
      await stage.journeys.payerHint(leadId);
      await ended(stage);
    },
  },
  'second-hint-too-soon': {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await calls(stage, 'GET /v1/customers', 1);
      await stage.journeys.payerHint(leadId);
      await calls(stage, 'GET /v1/customers', 2);
      await stage.journeys.payerHint(leadId);
      stripe(stage);
      await forwardToEnd(stage, '2 minutes');
    },
  },
  'closed-during-write': {
    async run(stage) {
      const write = await writeUnderWay(stage);
      const closing = stage.journeys.close(leadId, { note: 'a test entry' });
      await until(stage, leadId, ({ closed }) => closed !== undefined);
      write.end('forward');
      await closing;
      await ended(stage);
    },
  },
  'cancelled-during-write': {
    async run(stage) {
      const write = await writeUnderWay(stage);
      await stage.journeys.handle(leadId).cancel();
      await writeCancelled(stage);
      write.end('forward');
      await ended(stage).catch(() => undefined);
    },
  },
  'cancelled-with-answer': {
    async run(stage) {
      const write = await writeUnderWay(stage);
      await stage.worker.pauseJourneys();
      await stage.journeys.handle(leadId).cancel();
      write.end('forward');
      // The journey learns of its cancellation and of the answer in one activation.
      await writeAnswered(stage);
      await stage.worker.resumeJourneys();
      await ended(stage).catch(() => undefined);
    },
  },
  'unmerged-during-write': {
    async run(stage) {
      const write = await holdRequest(stage, 'PATCH /v1/customers/');
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await write.arrived;
      await unmergeByHand(stage, leadId);
      const request = { billingCustomerId: payerId, note: 'paid for somebody else', isUnmerged: true } as const;
      const withdrawing = stage.journeys.withdraw(leadId, request).catch(() => undefined);
      await writeCancelled(stage);
      write.end('forward');
      await withdrawing;
      await until(stage, leadId, ({ doing, stage }) => doing.startsWith('waiting for the trial') || stage === 'proven');
    },
  },
  unmerged: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      stripe(stage, { paid_at: undefined });
      await trial(stage, payerId);
      await until(stage, leadId, ({ mergedAt }) => mergedAt !== undefined);
      // The first request is rejected, so that the unmerge goes on after its answer.
      stage.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 401 });
      await stage.journeys.unmerge(leadId, { note: 'a colleague paid' });
      await stage.journeys.retry(leadId);
      await until(stage, leadId, ({ unmerged }) => unmerged !== undefined);
      await resting(stage);
      stage.sandbox.ingest({ external_id: 'cus_right', paid_at: adam.paid });
      await paid(stage, 'cus_right');
      await ended(stage);
    },
  },
  'merged-again': {
    async run(stage) {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await ended(stage);
      await unmergeByHand(stage, leadId);
      await stage.journeys.retry(leadId);
      await ended(stage);
    },
  },
  cancelled: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await calls(stage, 'GET /v1/customers', 1);
      await stage.journeys.handle(leadId).cancel();
      await ended(stage).catch(() => undefined);
    },
  },
  closed: {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await stage.journeys.close(leadId, { note: 'a test entry' });
      await ended(stage);
    },
  },
  'continue-as-new-during-request': {
    knobs: { serverKind: 'short-histories' },
    async run(stage) {
      stage.worker.release();
      await stage.worker.ended;
      await lead(stage);
      for (let count = 0; count < 80; count += 1) await stage.journeys.payerHint(leadId);
      stripe(stage);
      await paid(stage);
      stage.worker = await workerOf(stage.config, stage.server);
      await ended(stage);
    },
  },
  'continue-as-new': {
    knobs: { serverKind: 'short-histories' },
    async run(stage) {
      await lead(stage);
      await created(stage);
      // Each report has an earlier date, which the journey writes: some dozen events.
      for (const day of ['04', '03', '02']) {
        await stage.journeys.leadCreated(leadId, { occurredAt: `2016-01-${day}T00:00:00Z` });
        await until(
          stage,
          leadId,
          ({ leadCreatedAt, doing }) =>
            leadCreatedAt?.startsWith(`2016-01-${day}`) === true && doing.startsWith('waiting'),
        );
      }
      await paid(stage);
      await looking(stage);
      await forward(stage, '30 minutes');
      await inAttention(stage, 'payer-not-found');
      await forward(stage, '8 hours');
      await stage.journeys.leadCreated(leadId, { occurredAt: '2016-01-01T00:00:00Z' });
      await inAttention(stage, 'payer-not-found');
      stripe(stage);
      await stage.journeys.payerHint(leadId);
      await ended(stage);
    },
  },
} satisfies Record<string, Scenario>;
