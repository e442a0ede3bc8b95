import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import { ChartMogulError } from '../../src/chartmogul/errors.js';
import type { Sources } from '../../src/chartmogul/sources.js';
import type { RequestName } from '../../src/domain/journey/attention.js';
import { type AnsweringServer, answering, type FixedAnswer } from './answering.js';
import { failureOf } from './bench.js';

const inputs: Record<RequestName, unknown> = {
  createLead: { leadId: 'lead_1', profile: {}, dates: {} },
  findLead: { leadId: 'lead_1' },
  writeDates: { leadId: 'lead_1', uuid: 'cus_1', dates: {} },
  findPayingCustomer: { leadId: 'lead_1', billingCustomerId: 'cus_9' },
  requestMerge: { leadId: 'lead_1', from: 'cus_1', into: 'cus_2' },
  confirmMerge: { leadId: 'lead_1', uuid: 'cus_2' },
};
const steps = Object.keys(inputs) as RequestName[]; // Object.keys loses the keys' type
const writes: readonly RequestName[] = ['createLead', 'writeDates', 'requestMerge'];
const lookups = steps.filter((step) => !writes.includes(step));

describe('an aborted request', () => {
  let server: AnsweringServer;
  const open = async (answer: FixedAnswer) => {
    server = await answering(answer);
  };
  afterEach(() => server.close());

  for (const step of lookups) {
    it(`${step} disconnects and is cancelled when its journey is cancelled`, async () => {
      await open({ stalls: 'before' });
      const environment = new MockActivityEnvironment();
      const [arrival, hangUp] = [server.arrival(), server.hangUp()];

      const running = start(environment, step);
      await arrival;
      environment.cancel('CANCELLED');

      await assert.rejects(running, CancelledFailure);
      await hangUp;
    });
  }

  for (const step of writes) {
    it(`${step} waits for its answer when its journey is cancelled`, async () => {
      await open({ stalls: 'before', status: 401 });
      const environment = new MockActivityEnvironment({ scheduledTimestampMs: Date.now() });
      const arrival = server.arrival();

      const running = start(environment, step);
      await arrival;
      environment.cancel('CANCELLED');
      server.answer();

      assert.equal((await failureOf(running)).type, 'Unauthorized');
    });

    it(`${step} is not sent if it was cancelled before`, async () => {
      await open({});
      const environment = new MockActivityEnvironment();
      environment.cancel('CANCELLED');

      await assert.rejects(start(environment, step), CancelledFailure);

      assert.equal(server.requests.length, 0);
    });
  }

  for (const step of steps) {
    it(`${step} is retried by another worker when its worker stops`, async () => {
      await open({ stalls: 'before' });
      const environment = new MockActivityEnvironment();
      const [arrival, hangUp] = [server.arrival(), server.hangUp()];

      const running = start(environment, step);
      await arrival;
      environment.cancel('WORKER_SHUTDOWN');

      const { type, nonRetryable, message } = await failureOf(running);
      await hangUp;
      assert.deepEqual([type, nonRetryable], ['Interrupted', false]);
      assert.equal(message, `${step}: interrupted, the worker is stopping`);
    });
  }

  it('is also cancelled in the middle of its answer', async () => {
    await open({ stalls: 'within', body: { uuid: 'cus_1' } });
    const environment = new MockActivityEnvironment();
    const [arrival, hangUp] = [server.arrival(), server.hangUp()];

    const running = start(environment, 'findLead');
    await arrival;
    environment.cancel('CANCELLED');

    await assert.rejects(running, CancelledFailure);
    await hangUp;
  });

  function start(environment: MockActivityEnvironment, step: RequestName): Promise<unknown> {
    const chartMogul = new ChartMogulClient({ apiKey: 'k', url: server.url });
    const activities = createActivities({ chartMogul, sources: () => ({ leads: 'ds_1', billing: 'ds_2' }) });
    // one of six functions, each with its own input: the step selects it
    return environment.run(activities[step] as (input: unknown) => Promise<unknown>, inputs[step]);
  }
});

describe('an activity whose worker has not found the sources yet', () => {
  it('fails with the error of the sources lookup', async () => {
    const unauthorized = new ChartMogulError('No valid API key provided', { kind: 'unauthorized', status: 401 });

    const { type, nonRetryable, message } = await failureOf(
      runWith(() => {
        throw unauthorized;
      }),
    );

    assert.deepEqual([type, nonRetryable], ['Unauthorized', true]);
    assert.equal(message, 'findLead: ChartMogul answered 401: No valid API key provided');
  });
});

describe('an activity that throws an unexpected error', () => {
  const cases: [what: string, thrown: unknown, name: string][] = [
    ['an error', new TypeError('adam@example.com is undefined'), 'TypeError'],
    ['an error without a stack', Object.assign(new RangeError('adam@example.com'), { stack: undefined }), 'RangeError'],
    ['a string', 'adam@example.com', 'string'],
  ];
  for (const [what, thrown, name] of cases) {
    it(`is retried, and its failure does not contain the text of ${what}`, async () => {
      const logged: LogEntry[] = [];

      const failure = await failureOf(
        runWith(() => {
          throw thrown;
        }, logged),
      );

      assert.deepEqual([failure.type, failure.nonRetryable], ['Unexpected', false]);
      assert.equal(failure.message, `findLead: unexpected ${name}, see the worker's log`);
      const entry = logged.find(({ message }) => message === 'unexpected error');
      assert.equal(entry?.meta?.name, name);
      assert.ok(!inspect([logged, failure], { depth: 20 }).includes('adam@example.com'));
    });
  }
});

function runWith(sources: () => Sources, logged: LogEntry[] = []): Promise<unknown> {
  const chartMogul = new ChartMogulClient({ apiKey: 'k', url: 'http://127.0.0.1:9' });
  const { findLead } = createActivities({ chartMogul, sources });
  const logger = new DefaultLogger('DEBUG', (entry) => logged.push(entry));
  return new MockActivityEnvironment({}, { logger }).run(findLead, { leadId: 'lead_1' });
}
