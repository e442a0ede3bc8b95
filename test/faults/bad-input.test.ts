import assert from 'node:assert/strict';
import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { InvalidInputError, Journeys } from '../../src/starter.js';
import { run } from '../cli/terminal-stand-in.js';
import { onStage, until } from '../support/journeys.js';
import { adam, adamProven, created, ended, lead, paid, records, stripe } from '../support/scenarios.js';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;
const marked = 'Zz9';
/** Invalid values, and the part of a report that each one is for. */
const bad: readonly {
  readonly what: string;
  readonly leadId?: string;
  readonly at?: string;
  readonly name?: string;
}[] = [
  { what: 'a lead id of 300 characters', leadId: marked.repeat(100) },
  { what: 'a lead id of more bytes than a workflow id holds', leadId: `${marked}${'😀'.repeat(250)}` },
  { what: 'a lead id with a line break', leadId: `${marked}\nlead` },
  { what: 'a lead id with a control character', leadId: `${marked}\u0007` },
  { what: 'a date in 1969', at: '1969-12-31T23:59:59Z' },
  { what: 'a date in 2090', at: '2090-01-01T00:00:00Z' },
  { what: 'a date that does not exist', at: '2016-02-30T00:00:00Z' },
  { what: 'a name of 10,000 characters', name: marked.padEnd(10_000, 'n') },
  { what: 'a name with a control character', name: `${marked}\u0000` },
];

describe('an invalid report', () => {
  // Any use of this Temporal client fails.
  const journeys = new Journeys({ client: undefined as unknown as Client });

  for (const { what, leadId = 'lead_1', at = adam.lead, name = 'Adam' } of bad) {
    it(`is rejected before anything is sent: ${what}`, async () => {
      await assert.rejects(journeys.leadCreated(leadId, { occurredAt: at, profile: { name } }), (error) => {
        assert.ok(error instanceof InvalidInputError);
        assert.equal(error.problems.length, 1);
        assert.ok(!error.message.includes(marked), 'the error does not repeat the value');
        return true;
      });
    });
  }
});

describe('the command line', () => {
  for (const { what, leadId = 'lead_1', at = adam.lead, name = 'Adam' } of bad) {
    it(`rejects ${what} with a short error that does not repeat the value`, async () => {
      const { exitCode, stdout, stderr } = await run(['lead', leadId, '--at', at, '--name', name]);

      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
      assert.ok(!stderr.includes(marked));
    });
  }
});

const signals = ['leadCreated', 'trialStarted', 'paymentSucceeded', 'reported', 'payerHint', 'retry', 'unknownSignal'];
/** Makes the messages below repeatable: they are sent to a real server. */
const seed = 2026;
/** Any JSON. It contains no valid date, so it is never a valid report. */
const anything = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), fc.object());

describe('a journey that gets invalid messages without the starter', () => {
  it(
    'shows a notice for each rejected report, stores nothing of it, and continues',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const journey = stage.journeys.handle(adam.leadId);
      for (const { at = adam.trial, name = 'Adam' } of bad.filter(({ leadId }) => leadId === undefined)) {
        await journey.signal('trialStarted', { occurredAt: at, profile: { name } });
      }
      await journey.signal('paymentSucceeded', { occurredAt: adam.paid, billingCustomerId: marked.repeat(100) });

      const seen = await until(stage, adam.leadId, ({ notices }) => notices.length === 5);
      assert.equal(seen.stage, 'lead');
      assert.ok(!JSON.stringify(seen).includes(marked));

      stripe(stage);
      await paid(stage);
      assert.equal((await ended(stage)).outcome, 'proven');
    }),
  );

  it(
    'never fails or blocks, whatever the messages contain',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      const journey = stage.journeys.handle(adam.leadId);
      const manyFields = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`${marked}${index}`, 1]));
      const messages = fc.tuple(fc.constantFrom(...signals), fc.array(anything));
      for (const [name, args] of fc.sample(messages, { numRuns: 100, seed })) await journey.signal(name, ...args);
      for (const name of ['correct', 'relink', 'withdraw', 'close']) {
        for (const request of fc.sample(anything, { numRuns: 5, seed })) {
          await assert.rejects(journey.executeUpdate(name, { args: [request] }), WorkflowUpdateFailedError);
        }
      }
      await journey.signal('reported', manyFields);

      stripe(stage);
      await paid(stage);
      const result = await ended(stage);

      assert.equal(result.outcome, 'proven');
      assert.deepEqual(records(stage), [{ ...adamProven[0], trial: '2016-02-10T05:15:10.000Z' }]);
      const { events } = await journey.fetchHistory();
      const failed = (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes);
      assert.deepEqual(
        failed.map((event) => WorkflowTaskFailedCause[event.workflowTaskFailedEventAttributes?.cause ?? 0]),
        [],
      );
    }),
  );

  it(
    'fails without a request if it is started with an invalid lead id',
    onStage({}, async (stage) => {
      for (const { leadId } of bad.filter((input) => input.leadId !== undefined)) {
        const journey = await stage.server.client.workflow.start('customerJourney', {
          workflowId: `${stage.account}-${bad.findIndex((input) => input.leadId === leadId)}`,
          taskQueue: 'customer-journey',
          args: [{ leadId, account: stage.account }],
        });

        await assert.rejects(journey.result(), (error: Error) => !String(error.cause).includes(marked));
      }
      assert.deepEqual(stage.requests(), []);
    }),
  );
});

describe('unusual but valid input', () => {
  const names = {
    'лид-😀-№1': 'Ада́м «Смит» 😀',
    "lead'; DROP TABLE--": 'O\'Brien "Ad" \\ & <b>Sons</b>',
    'a/b?c=d&e#f%20': 'עדם سميث',
  };

  it(
    'is accepted: ids and names in several scripts, with quotes, slashes and emoji',
    onStage({}, async (stage) => {
      for (const [leadId, name] of Object.entries(names)) {
        stage.sandbox.ingest({ external_id: `cus_${leadId}`, paid_at: adam.paid });
        await stage.journeys.leadCreated(leadId, { occurredAt: adam.lead, profile: { name } });
        const payment = { occurredAt: adam.paid, billingCustomerId: `cus_${leadId}` };
        await stage.journeys.paymentSucceeded(leadId, payment);
        assert.equal((await stage.journeys.handle(leadId).result()).outcome, 'proven');
      }

      const ids = Object.keys(names).map((leadId) => [leadId, `cus_${leadId}`].sort());
      assert.deepEqual(
        records(stage)
          .map((record) => record.ids)
          .sort(),
        ids.sort(),
      );
    }),
  );
});
