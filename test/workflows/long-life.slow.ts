import assert from 'node:assert/strict';
import { JourneyRefusedError, Journeys } from '../../src/starter.js';
import { millisecondsOf } from '../../src/temporal/timestamps.js';
import { customerJourneyType, journeyId, workflowTaskQueue } from '../../src/workflows/messages.js';
import { backfillPriority } from '../../src/workflows/policy.js';
import { eventually } from '../support/eventually.js';
import { onStage, type Stage, until, workerOf } from '../support/journeys.js';
import { runs } from '../support/runs.js';
import {
  adam,
  adamProven,
  calls,
  created,
  ended,
  forward,
  lead,
  looking,
  paid,
  records,
  scenarios,
  stripe,
  trial,
} from '../support/scenarios.js';

async function eventsOf(stage: Stage) {
  return (await stage.journeys.handle(adam.leadId).fetchHistory()).events ?? [];
}

async function lastStepIsDone(stage: Stage): Promise<boolean> {
  const events = await eventsOf(stage);
  const scheduled = events.findLastIndex((event) => event.activityTaskScheduledEventAttributes);
  return events.slice(scheduled).some((event) => event.activityTaskCompletedEventAttributes);
}

describe('a long life', () => {
  it(
    'continues as new with its facts, its records and its attention',
    onStage(scenarios['continue-as-new'].knobs, async (stage) => {
      await scenarios['continue-as-new'].run(stage);

      const description = await stage.journeys.handle(adam.leadId).describe();
      assert.notEqual(description.raw.workflowExecutionInfo?.firstRunId, description.runId, 'it was continued');
      assert.equal(description.priority?.priorityKey, 2);
      const result = await ended(stage);
      assert.equal(result.outcome, 'proven');
      assert.deepEqual(records(stage), [{ ...adamProven[0], lead: '2016-01-01T00:00:00.000Z' }]);
      const creations = stage.requests().filter((request) => request.startsWith('POST /v1/customers '));
      assert.equal(creations.length, 1);
    }),
  );

  it(
    'waits for a newer worker if its state is newer',
    onStage({}, async (stage) => {
      const { client } = stage.server;
      const handle = await client.workflow.start(customerJourneyType, {
        taskQueue: workflowTaskQueue,
        workflowId: journeyId(adam.leadId, stage.account),
        args: [{ leadId: adam.leadId, account: stage.account }, { schemaVersion: 1000 }],
      });

      const failure = await eventually(async () => {
        const events = await eventsOf(stage);
        return events.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes
          ?.failure;
      });

      assert.match(failure?.message ?? '', /schema version 1000, and this worker knows only \d+: run a newer worker/);
      assert.equal((await handle.describe()).status.name, 'RUNNING');
      await handle.terminate();
    }),
  );

  it(
    'runs the last step again for a fact that comes with the last result',
    onStage({}, async (stage) => {
      stripe(stage);
      stage.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 429, retryAfter: 300 });
      await Promise.all([lead(stage), trial(stage), paid(stage)]);
      // The dates are being put back: the last request. While no worker carries the journey, the server keeps its result.
      await calls(stage, 'PATCH /v1/customers/', 1);
      await stage.worker.pauseJourneys();
      await forward(stage, '300 seconds');
      await eventually(() => lastStepIsDone(stage));
      await stage.journeys.leadCreated(adam.leadId, { occurredAt: '2016-01-02T00:00:00Z' });
      await stage.worker.resumeJourneys();

      await ended(stage);

      assert.deepEqual(records(stage), [{ ...adamProven[0], lead: '2016-01-02T00:00:00.000Z' }]);
      const events = await eventsOf(stage);
      const signal = events.findLastIndex((event) => event.workflowExecutionSignaledEventAttributes);
      const before = events.slice(0, signal).findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
      const between = events.slice(before, signal).filter((event) => event.activityTaskCompletedEventAttributes);
      assert.equal(between.length, 1, 'signal and result came in one activation');
    }),
  );
});

/** A journey whose request stays in the queue: its worker starts only later. */
describe('a flood of signals while no worker takes the request', () => {
  for (const { step, reach } of [
    { step: 'createLead', reach: (stage: Stage) => lead(stage) },
    {
      step: 'findPayingCustomer',
      async reach(stage: Stage) {
        await lead(stage);
        await created(stage);
        await stopRequests(stage);
        await paid(stage);
        await looking(stage);
      },
    },
  ]) {
    it(
      `never fills the history, and loses nothing, during ${step}`,
      onStage({ serverKind: 'short-histories' }, async (stage) => {
        if (step === 'createLead') await stopRequests(stage);
        await reach(stage);
        const signals = 300;

        for (let count = 0; count < signals; count += 10) {
          await Promise.all(flood(stage, count, 10));
          await until(stage, adam.leadId, () => true); // the journey has processed them
        }
        await paid(stage);
        stripe(stage);
        stage.worker = await workerOf(stage.config, stage.server);
        await ended(stage);

        assert.deepEqual(records(stage), [{ ...adamProven[0], lead: '2016-01-01T00:00:00.000Z' }]);
        const lengths = await lengthsOfRuns(stage);
        // A run ends at 60 events, or with the signals that arrive at that moment.
        assert.ok(Math.max(...lengths) < signals / 2, `runs of ${lengths} events`);
      }),
    );
  }
});

describe("a flood of signals while an operator's request waits for a request in the queue", () => {
  it(
    'does not stop the journey, and the operator gets an answer',
    onStage({ serverKind: 'short-histories' }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await ended(stage);
      await stopRequests(stage);

      const { account, server } = stage;
      const patient = new Journeys({ client: server.client, account, workerTimeout: '10 minutes' });
      const relinking = patient.relink(adam.leadId, { billingCustomerId: 'cus_other', note: 'a test' });
      const refused = assert.rejects(relinking, JourneyRefusedError);
      await eventually(async () => (await stage.journeys.summary(adam.leadId)).status === 'RUNNING');
      for (let count = 0; count < 100; count += 10) await Promise.all(flood(stage, count, 10));
      stage.worker = await workerOf(stage.config, stage.server);

      await refused;
      assert.equal((await ended(stage)).outcome, 'proven');
    }),
  );
});

/** Stops the worker that sends requests to ChartMogul. */
async function stopRequests(stage: Stage): Promise<void> {
  stage.worker.release();
  await stage.worker.ended;
}

/** Hints, and reports of which only one is news. */
function flood(stage: Stage, from: number, count: number): Promise<unknown>[] {
  return Array.from({ length: count }, (_, index) => {
    if ((from + index) % 2 === 0) return stage.journeys.payerHint(adam.leadId);
    const occurredAt = from + index === 1 ? '2016-01-01T00:00:00Z' : adam.lead;
    return stage.journeys.leadCreated(adam.leadId, { occurredAt });
  });
}

/** The number of events of each run, oldest first. */
async function lengthsOfRuns(stage: Stage): Promise<number[]> {
  const { client } = stage.server;
  const { workflowId } = stage.journeys.handle(adam.leadId);
  const lengths: number[] = [];
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  for (let runId = raw.workflowExecutionInfo?.firstRunId; runId; ) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    lengths.push(events?.length ?? 0);
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return lengths;
}

const trials = runs(20);

describe('many leads', () => {
  it(
    `${trials} Stripe trials of which half never pay are as many customers, lead dates and trial dates`,
    onStage(
      { rateLimitPerSecond: 0, maxParallel: 0, worker: { requestsPerSecond: 1000, parallelRequests: 20 } },
      async (stage) => {
        const { journeys, sandbox } = stage;
        const numbers = Array.from({ length: trials }, (_, number) => number);
        const pays = (number: number) => number % 2 === 0;
        const leadDate = (number: number) => `2016-01-${String(1 + (number % 28)).padStart(2, '0')}T00:00:00Z`;

        await Promise.all(
          numbers.map(async (number) => {
            sandbox.ingest({
              external_id: `cus_${number}`,
              trial_started_at: adam.trial,
              paid_at: pays(number) ? adam.paid : undefined,
            });
            const billingCustomerId = `cus_${number}`;
            await journeys.leadCreated(`lead_${number}`, { occurredAt: leadDate(number) });
            await journeys.trialStarted(`lead_${number}`, { occurredAt: adam.trial, billingCustomerId });
            if (pays(number))
              await journeys.paymentSucceeded(`lead_${number}`, { occurredAt: adam.paid, billingCustomerId });
          }),
        );
        for (const number of numbers) {
          if (pays(number)) await journeys.handle(`lead_${number}`).result();
          else await until(stage, `lead_${number}`, ({ doing }) => doing === 'waiting for the payment');
        }

        const found = records(stage);
        assert.equal(found.length, trials);
        for (const number of numbers) {
          const record = found.find(({ ids }) => ids.includes(`lead_${number}`));
          assert.deepEqual(record?.ids, [`cus_${number}`, `lead_${number}`]);
          assert.equal(record?.lead, leadDate(number).replace('Z', '.000Z'));
          assert.equal(record?.trial, '2016-02-10T05:15:10.000Z');
        }
      },
    ),
  );

  it(
    'that are imported end what they have begun before others begin',
    onStage({ worker: { requestsPerSecond: 2 } }, async (stage) => {
      const { client } = stage.server;
      const bulk = new Journeys({ client, account: stage.account, priority: backfillPriority });
      stripe(stage);
      const leadCreated = { occurredAt: adam.lead };
      await bulk.reported(adam.leadId, {
        leadCreated,
        paymentSucceeded: { occurredAt: adam.paid, billingCustomerId: adam.payerId },
      });
      await Promise.all(Array.from({ length: 60 }, (_, number) => bulk.reported(`lead_${number}`, { leadCreated })));

      await ended(stage);
      const creations = await Promise.all(
        Array.from({ length: 60 }, async (_, number) => (await requestsOf(stage, `lead_${number}`))[0]?.startedAt),
      );
      // The first request is the creation; the others must not wait behind those of other leads.
      const [, ...later] = await requestsOf(stage, adam.leadId);
      const overtaking = later.map(
        ({ scheduledAt, startedAt }) =>
          creations.filter((at) => at !== undefined && at > scheduledAt && at < startedAt).length,
      );
      assert.ok(overtaking.length > 0);
      assert.ok(Math.max(...overtaking) <= 10, `so many creations ran before each waiting request: ${overtaking}`);
    }),
  );
});

/** When a lead's requests were queued and started, in milliseconds since the epoch, by the server's clock. */
async function requestsOf(stage: Stage, leadId: string): Promise<{ scheduledAt: number; startedAt: number }[]> {
  const { events } = await stage.journeys.handle(leadId).fetchHistory();
  const timeOf = (eventId: unknown) => {
    const event = events?.find((one) => String(one.eventId) === String(eventId));
    return event?.eventTime ? millisecondsOf(event.eventTime) : 0;
  };
  return (events ?? []).flatMap(({ eventId, activityTaskStartedEventAttributes: started }) =>
    started ? [{ scheduledAt: timeOf(started.scheduledEventId), startedAt: timeOf(eventId) }] : [],
  );
}
