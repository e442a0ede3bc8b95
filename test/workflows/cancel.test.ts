import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { onStage, type Stage, type StageOptions, until } from '../support/journeys.js';
import {
  adam,
  calls,
  created,
  ended,
  forward,
  inAttention,
  lead,
  looking,
  paid,
  resting,
  stripe,
  trial,
} from '../support/scenarios.js';

/** How to bring a journey to each of its steps, and keep it there. */
const steps: Record<string, { readonly knobs?: StageOptions; reach(stage: Stage): Promise<unknown> }> = {
  createLead: {
    async reach(stage) {
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 502, times: 99 });
      await lead(stage);
    },
  },
  findLead: {
    async reach(stage) {
      stage.sandbox.fault({ route: 'GET /v1/customers', status: 502, times: 99 });
      await paid(stage);
      await calls(stage, 'GET /v1/customers', 1);
    },
  },
  writeDates: {
    async reach(stage) {
      stage.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 502, times: 99 });
      await lead(stage);
      await created(stage);
      await trial(stage);
      await calls(stage, 'PATCH', 1);
    },
  },
  findPayingCustomer: {
    async reach(stage) {
      await lead(stage);
      await paid(stage);
      await looking(stage);
    },
  },
  requestMerge: {
    async reach(stage) {
      stage.sandbox.fault({ route: 'POST /v1/customers/merges', status: 502, times: 99 });
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await calls(stage, 'POST /v1/customers/merges', 1);
    },
  },
  confirmMerge: {
    knobs: { mergeAfterReads: 1000 },
    async reach(stage) {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await calls(stage, 'GET /v1/customers/cus_', 1);
    },
  },
  'waiting for a report': {
    async reach(stage) {
      await lead(stage);
      await resting(stage);
    },
  },
  'the slow lane': {
    async reach(stage) {
      await lead(stage);
      await created(stage);
      await paid(stage);
      await looking(stage);
      await forward(stage, '30 minutes');
      await inAttention(stage, 'payer-not-found');
    },
  },
  "the lead's day of grace": {
    async reach(stage) {
      await paid(stage);
      await until(stage, adam.leadId, ({ doing }) => doing === 'waiting for the lead to be reported');
    },
  },
};

const writes = ['createLead', 'writeDates', 'requestMerge'];

describe('a cancelled journey ends at once', () => {
  for (const [step, { knobs, reach }] of Object.entries(steps)) {
    it(
      `in ${step}`,
      onStage(knobs ?? {}, async (stage) => {
        await reach(stage);

        await stage.journeys.handle(adam.leadId).cancel();

        await assert.rejects(ended(stage), (error) => {
          return error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure;
        });
        const attempts = await attemptsAfterCancel(stage);
        // A write that a worker is sending is awaited, see writes.test.ts.
        assert.ok(attempts.length <= (writes.includes(step) ? 1 : 0));
      }),
    );
  }
});

/** Attempts that the journey waited for after it was cancelled. */
async function attemptsAfterCancel(stage: Stage) {
  const { events } = await stage.journeys.handle(adam.leadId).fetchHistory();
  const all = events ?? [];
  const cancelled = all.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
  return all
    .slice(cancelled)
    .filter(
      (event) =>
        event.activityTaskCompletedEventAttributes ||
        event.activityTaskFailedEventAttributes ||
        event.activityTaskTimedOutEventAttributes,
    );
}
