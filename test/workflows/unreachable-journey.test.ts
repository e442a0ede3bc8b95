import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { JourneyRefusedError } from '../../src/starter.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { journeyNotified, known, link, linked, note, payment, renewal, tell } from '../support/billing-scenarios.js';
import { attempted, bug, type Defect, type Defects, withDefects } from '../support/broken-activities.js';
import { eventually } from '../support/eventually.js';
import type { Stage } from '../support/journeys.js';
import { until } from '../support/journeys.js';
import { adam, lead, looking, view } from '../support/scenarios.js';

const { leadId, payerId } = adam;
const otherLead = 'lead_3';

const onlyFor =
  (broken: string, defect: Defect): Defect =>
  (input, run) =>
    input.leadId === broken ? defect(input, run) : run();
/** The request succeeds, and its answer is lost. */
const answerLost: Defect = async (_, run) => {
  await run();
  throw new Error('the answer was lost');
};

const customer = (stage: Stage) => stage.customers.handle(payerId);
const forward = (stage: Stage, duration: Parameters<typeof fastForward>[1]) => fastForward(customer(stage), duration);

async function unreachable(stage: Stage, defects: Defects): Promise<void> {
  defects.set('notifyJourney', bug);
  await tell(stage, linked, payment);
  await attempted(stage, payerId, 1);
  await forward(stage, '20 minutes');
  await known(stage, ({ attention }) => attention?.code === 'journey-unreachable');
}

async function detailsOf(stage: Stage): Promise<string> {
  const metadata = await customer(stage).query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

describe('a journey that cannot be notified', () => {
  it(
    'is shown as pending while it is retried, and is not said to be matched',
    withDefects(async (stage, defects) => {
      defects.set('notifyJourney', bug);
      await tell(stage, linked);
      await known(stage, (seen) => seen.link !== undefined);
      await tell(stage, payment);
      await attempted(stage, payerId, 1);

      const { matchStatus, notified, paidAt } = await known(stage, () => true);
      assert.deepEqual([matchStatus, notified, paidAt], ['waiting', undefined, adam.paid]);
      assert.match(await detailsOf(stage), /is \*\*waiting\*\*[\s\S]*first payment: 2016-02-25T00:00:00Z/);
      // The attributes follow after the first attempts.
      const listed = await eventually(async () => {
        const { value: found } = await stage.customers.list()[Symbol.asyncIterator]().next();
        return found?.paidAt === adam.paid ? found : undefined;
      });
      assert.deepEqual([listed.matchStatus, listed.attention], ['waiting', undefined]);

      defects.clear();
      await forward(stage, '2 minutes');
      assert.equal((await journeyNotified(stage)).matchStatus, 'matched');
    }),
  );

  it(
    'raises attention with the reason after about ten minutes, and is tried every hour',
    withDefects(async (stage, defects) => {
      await unreachable(stage, defects);

      const { attention, matchStatus } = await known(stage, () => true);
      assert.equal(matchStatus, 'waiting');
      assert.match(attention?.text ?? '', /could not be notified/);
      assert.equal(attention?.detail, "unexpected TypeError, see the worker's log");
      assert.equal(Date.parse(attention?.nextTryAt ?? '') - Date.parse(attention?.since ?? '') >= 0, true);
      assert.match(
        await detailsOf(stage),
        /Attention: journey-unreachable[\s\S]*Reason: .*TypeError[\s\S]*Next try: 2/,
      );
      const history = JSON.stringify(await detailsOf(stage)) + JSON.stringify(await known(stage, () => true));
      assert.doesNotMatch(history, /a@b\.example/);
      await eventually(async () => (await stage.customers.count({ attention: 'journey-unreachable' })) === 1);
      assert.equal(await stage.customers.count({ attention: 'payment-unmatched' }), 0);

      await forward(stage, '3 hours');
      const still = await known(stage, (seen) => seen.attention?.nextTryAt !== attention?.nextTryAt);
      assert.equal(still.attention?.since, attention?.since);
      defects.clear();
      await forward(stage, '1 hour');

      const healed = await journeyNotified(stage);
      assert.deepEqual([healed.matchStatus, healed.attention], ['matched', undefined]);
      await until(stage, leadId, ({ paidAt }) => paidAt === adam.paid);
    }),
  );

  it(
    'is tried at once when an event arrives, even a known one',
    withDefects(async (stage, defects) => {
      await unreachable(stage, defects);
      defects.clear();

      await tell(stage, renewal(1));

      const { attention, matchStatus } = await journeyNotified(stage);
      assert.deepEqual([matchStatus, attention], ['matched', undefined]);
    }),
  );

  it(
    'raises attention at once if no retry can help, and the workflow keeps running',
    withDefects(async (stage, defects) => {
      defects.set('notifyJourney', async () => {
        throw ApplicationFailure.nonRetryable('for a@b.example', 'Unusable');
      });
      await tell(stage, linked, payment);

      const { attention } = await known(stage, (seen) => seen.attention !== undefined);
      assert.deepEqual(
        [attention?.code, attention?.detail],
        ['journey-unreachable', "unexpected Unusable, see the worker's log"],
      );
      assert.equal((await customer(stage).describe()).status.name, 'RUNNING');
      defects.clear();
      await tell(stage, renewal(1));
      await journeyNotified(stage);
    }),
  );
});

describe('an operator who links a customer whose journey cannot be notified', () => {
  it(
    'goes first: the link to another lead takes effect at once',
    withDefects(async (stage, defects) => {
      defects.set('notifyJourney', onlyFor(leadId, bug));
      await tell(stage, linked, payment);
      await attempted(stage, payerId, 4); // the later attempts, with long pauses between them

      const answer = await link(stage, otherLead);

      assert.deepEqual([answer.matchStatus, answer.notified?.leadId], ['matched', otherLead]);
      await until(stage, otherLead, ({ paidAt }) => paidAt === adam.paid);
      await assert.rejects(stage.journeys.summary(leadId), /has no journey/);
    }),
  );

  it(
    'is answered that the notification is still pending',
    withDefects(async (stage, defects) => {
      await unreachable(stage, defects);

      const answer = await link(stage);

      assert.deepEqual([answer.matchStatus, answer.link?.rule, answer.notified], ['waiting', 'operator', undefined]);
      defects.clear();
      await forward(stage, '2 minutes');
      assert.equal((await journeyNotified(stage)).matchStatus, 'matched');
    }),
  );

  it(
    'withdraws it from a journey that received the notification although the answer was lost',
    withDefects(async (stage, defects) => {
      await lead(stage);
      defects.set('notifyJourney', onlyFor(leadId, answerLost));
      await tell(stage, linked, payment);
      await looking(stage);
      await attempted(stage, payerId, 2);

      await link(stage, otherLead);

      const old = await view(stage);
      assert.deepEqual([old.paidAt, old.withdrawals], [undefined, [{ billingCustomerId: payerId, note }]]);
    }),
  );

  it(
    'is rejected if the old journey does not answer, and that journey keeps the payment',
    withDefects(async (stage, defects) => {
      await lead(stage);
      await tell(stage, linked, payment);
      await journeyNotified(stage);
      defects.set('withdrawCustomer', answerLost);

      await assert.rejects(link(stage, otherLead), (error) => {
        assert.ok(error instanceof JourneyRefusedError);
        assert.match(error.message, /^the journey of lead cus_0001 does not answer \(unexpected Error.*try again$/);
        return true;
      });

      const kept = await journeyNotified(stage);
      assert.deepEqual([kept.matchStatus, kept.link?.leadId], ['matched', leadId]);
      const journey = await until(stage, leadId, ({ paidAt }) => paidAt === adam.paid);
      assert.equal(journey.withdrawals, undefined);
      await assert.rejects(stage.journeys.summary(otherLead), /has no journey/);
      defects.clear();
      assert.equal((await link(stage, otherLead)).matchStatus, 'matched');
    }),
  );
});
