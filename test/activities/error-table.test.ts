import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { RequestName } from '../../src/domain/journey/attention.js';
import { answers, type Row, timeoutMs } from '../support/answers.js';
import { type Bench, openBench } from './bench.js';

/** The requests of a journey, with their inputs. */
const requests = {
  createLead: { route: 'POST /v1/customers', input: { leadId: 'lead_1', profile: {}, dates: {} } },
  findLead: { route: 'GET /v1/customers', input: { leadId: 'lead_1' } },
  writeDates: {
    route: 'PATCH /v1/customers/:uuid',
    input: { leadId: 'lead_1', uuid: 'cus_1', dates: { leadCreatedAt: '2016-01-05T00:00:00Z' } },
  },
  findPayingCustomer: { route: 'GET /v1/customers', input: { leadId: 'lead_1', billingCustomerId: 'cus_9' } },
  requestMerge: { route: 'POST /v1/customers/merges', input: { leadId: 'lead_1', from: 'cus_1', into: 'cus_2' } },
  confirmMerge: { route: 'GET /v1/customers/:uuid', input: { leadId: 'lead_1', uuid: 'cus_2' } },
} as const;
const steps = Object.keys(requests) as RequestName[]; // Object.keys loses the keys' type

describe('when ChartMogul fails', () => {
  let patient: Bench;
  let impatient: Bench;
  before(async () => {
    patient = await openBench({ timeoutMs: 60_000 });
    impatient = await openBench({ timeoutMs });
  });
  after(async () => {
    await patient.close();
    await impatient.close();
  });

  for (const row of answers) {
    describe(row.what, () => {
      for (const step of steps) {
        const answer = row.answers?.[step];
        const title =
          answer === undefined ? `fails with ${row.type}, ${row.isFinal ? 'final' : 'retryable'}` : 'returns a result';

        it(`${step} ${title}`, async () => {
          const isUnanswered = row.fault.status === 'timeout';
          const bench = isUnanswered ? impatient : patient;
          bench.sandbox.reset();
          bench.sandbox.fault({ ...row.fault, route: requests[step].route });

          const ending = await bench.run(step, requests[step].input).catch((error: unknown) => error);

          if (answer === undefined) assertFailed(ending, row, step);
          else assert.deepEqual(ending, answer);
          // On a busy machine, the client may give up before the request has arrived.
          if (!isUnanswered) assert.equal(bench.sandbox.requests().length, 1);
        });
      }
    });
  }
});

function assertFailed(failure: unknown, row: Row, step: RequestName): void {
  assert.ok(failure instanceof ApplicationFailure, `not a failure: ${JSON.stringify(failure)}`);
  const { message, type, nonRetryable, nextRetryDelay, details, category } = failure;
  assert.deepEqual(
    { message, type, nonRetryable, nextRetryDelay, details, category: category ?? undefined },
    {
      message: `${step}: ${row.text}`,
      type: row.type,
      nonRetryable: row.isFinal,
      nextRetryDelay: row.delay?.[step === 'findPayingCustomer' ? 'lookup' : 'other'],
      details: [{ text: row.text, ...(row.status !== undefined && { status: row.status }) }],
      category: undefined,
    },
  );
}
