import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { JourneyRefusedError } from '../../src/starter.js';
import { unmergeByHand, uuidOf } from '../support/by-hand.js';
import { holdRequest } from '../support/held-requests.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import {
  adam,
  adamProven,
  created,
  ended,
  lead,
  paid,
  records,
  stripe,
  trial,
  view,
  writeCancelled,
  writeUnderWay,
} from '../support/scenarios.js';

const { leadId, payerId } = adam;
const note = 'a test entry';
const trialDate = '2016-02-10T05:15:10.000Z';

/** Each write, how to bring a journey to it, and what ChartMogul and the journey show if it was made, or was not. */
const writes: Record<
  string,
  {
    readonly route: string;
    reach(stage: Stage): Promise<unknown>;
    /** Makes ChartMogul perform the merges that it has accepted. */
    readonly shown: { readonly made: string; readonly notMade: string };
    isMade(stage: Stage): boolean;
  }
> = {
  createLead: {
    route: 'POST /v1/customers',
    reach: (stage) => lead(stage),
    shown: { made: 'waiting for the trial or the payment', notMade: 'creating the lead in ChartMogul' },
    isMade: (stage) => records(stage).length === 1,
  },
  writeDates: {
    route: 'PATCH /v1/customers/',
    async reach(stage) {
      await lead(stage);
      await created(stage);
      await trial(stage);
    },
    shown: { made: 'waiting for the trial or the payment', notMade: 'writing the lead and trial dates' },
    isMade: (stage) => records(stage)[0]?.trial === trialDate,
  },
  requestMerge: {
    route: 'POST /v1/customers/merges',
    async reach(stage) {
      stripe(stage);
      await lead(stage);
      await paid(stage);
    },
    shown: { made: 'waiting for the merge to appear', notMade: 'requesting the merge' },
    isMade: (stage) => stage.requests().includes('POST /v1/customers/merges 202'),
  },
};

describe('a journey that is closed during a write', () => {
  for (const [step, { route, reach, shown, isMade }] of Object.entries(writes)) {
    it(
      `answers after ChartMogul has answered ${step}, and shows it`,
      onStage({}, async (stage) => {
        const write = await holdRequest(stage, route);
        await reach(stage);
        await write.arrived;
        const order: string[] = [];

        const closing = stage.journeys.close(leadId, { note }).finally(() => order.push('close answered'));
        await until(stage, leadId, ({ closed }) => closed !== undefined);
        order.push('write forwarded');
        write.end('forward');
        const answer = await closing;

        assert.ok(isMade(stage));
        assert.deepEqual(order, ['write forwarded', 'close answered']);
        assert.equal(answer.doing, `closed (next step: ${shown.made})`);
        if (step === 'createLead') assert.equal(answer.customerUuid, uuidOf(stage, leadId));
        const { outcome, ...end } = await ended(stage);
        assert.equal(outcome, 'closed');
        assert.deepEqual(end, answer);
      }),
    );

    it(
      `shows that the outcome of ${step} is unknown if its answer is lost`,
      onStage({}, async (stage) => {
        const write = await holdRequest(stage, route);
        await reach(stage);
        await write.arrived;

        const closing = stage.journeys.close(leadId, { note });
        await until(stage, leadId, ({ closed }) => closed !== undefined);
        write.end('drop');
        const { doing, attention } = await closing;

        assert.equal(doing, `closed (next step: ${shown.notMade})`);
        assert.deepEqual([attention?.code, attention?.step], ['unavailable', step]);
      }),
    );

    it(
      `does not wait between two tries of ${step}, and shows that nothing was written`,
      onStage({}, async (stage) => {
        stage.sandbox.fault({ route: route.replace(/s\/$/, 's/:uuid'), status: 502, times: 99 });
        await reach(stage);
        const seen = () => stage.requests().some((request) => request.startsWith(route));
        await until(stage, leadId, seen);

        const { doing } = await stage.journeys.close(leadId, { note });

        assert.equal(doing, `closed (next step: ${shown.notMade})`);
        await ended(stage);
        assert.equal(isMade(stage), false);
      }),
    );
  }

  it(
    'does not begin a write that it has not sent yet',
    onStage({}, async (stage) => {
      // The second attempt reads the record before it writes.
      const read = await holdRequest(stage, 'GET /v1/customers/cus_');
      stage.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 502, times: 1 });
      await lead(stage);
      await created(stage);
      await trial(stage);
      await read.arrived;

      // The read is never answered: the activity learns from its heartbeat that it is cancelled.
      const { doing } = await stage.journeys.close(leadId, { note });

      assert.equal(doing, 'closed (next step: writing the lead and trial dates)');
      await ended(stage);
      assert.deepEqual(
        stage.requests().filter((request) => request.startsWith('PATCH')),
        ['PATCH /v1/customers/cus_ 502'.replace('cus_', uuidOf(stage, leadId))],
      );
    }),
  );
});

describe('a journey that is cancelled during a write', () => {
  it(
    'ends after ChartMogul has answered, and shows the write',
    onStage({}, async (stage) => {
      const write = await writeUnderWay(stage);
      await stage.journeys.handle(leadId).cancel();
      await writeCancelled(stage);
      assert.equal((await stage.journeys.summary(leadId)).status, 'RUNNING');

      write.end('forward');

      await assert.rejects(ended(stage), (error) => {
        return error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure;
      });
      assert.equal(records(stage)[0]?.trial, trialDate);
      assert.equal((await view(stage)).doing, 'waiting for the trial or the payment');
    }),
  );
});

describe('a withdrawal during a write', () => {
  const withdrawal = { billingCustomerId: payerId, note };

  it(
    'is refused while the merge is being requested',
    onStage({}, async (stage) => {
      const write = await holdRequest(stage, 'POST /v1/customers/merges');
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await write.arrived;

      await assert.rejects(stage.journeys.withdraw(leadId, withdrawal), JourneyRefusedError);

      write.end('forward');
      await ended(stage);
      assert.deepEqual(records(stage), adamProven);
    }),
  );

  for (const how of ['forward', 'drop'] as const) {
    it(
      `is refused after an unmerge if ${how === 'forward' ? 'the lead is merged again' : 'the new merge request has no answer'} meanwhile`,
      onStage({}, async (stage) => {
        const second = await holdRequest(stage, 'POST /v1/customers/merges', 1);
        stage.sandbox.ingest({ external_id: payerId, trial_started_at: adam.trial });
        await lead(stage);
        await trial(stage, payerId);
        await until(stage, leadId, ({ doing }) => doing === 'waiting for the payment');
        await unmergeByHand(stage, leadId);
        await paid(stage);
        await second.arrived;

        const withdrawing = stage.journeys.withdraw(leadId, { ...withdrawal, isUnmerged: true });
        const refused = assert.rejects(withdrawing, JourneyRefusedError);
        await writeCancelled(stage);
        second.end(how);

        await refused;
        assert.equal((await view(stage)).withdrawals, undefined);
      }),
    );
  }

  it(
    'is refused after an unmerge if the dates were written to the record meanwhile',
    onStage({}, async (stage) => {
      const write = await holdRequest(stage, 'PATCH /v1/customers/');
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await write.arrived;
      await unmergeByHand(stage, leadId);

      const withdrawing = stage.journeys.withdraw(leadId, { ...withdrawal, isUnmerged: true });
      const refused = assert.rejects(withdrawing, JourneyRefusedError);
      await writeCancelled(stage);
      write.end('forward');

      await refused;
      await ended(stage);
      assert.deepEqual(records(stage), [{ ...adamProven[0] }]);
    }),
  );
});
