import assert from 'node:assert/strict';
import { JourneyRefusedError } from '../../src/starter.js';
import { skipTime } from '../../tools/temporal-server/time-skipping.js';
import { link, linked, note, payment, tell, tried, wrongLead } from '../support/billing-scenarios.js';
import { mergeByHand, setDatesByHand, unmergeByHand, uuidOf } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { holdRequest } from '../support/held-requests.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import {
  adam,
  calls,
  created,
  ended,
  forward,
  healed,
  inAttention,
  lead,
  paid,
  records,
  resting,
  stripe,
  trial,
  view,
} from '../support/scenarios.js';

const { leadId, payerId } = adam;
const trialDate = '2016-02-10T05:15:10.000Z';
const day = (date: string) => `${date}T00:00:00.000Z`;

const adamAlone = { ids: [leadId], lead: day('2016-01-05'), trial: trialDate };
const payerAlone = { ids: [payerId], lead: trialDate, trial: trialDate };

const unmerge = (stage: Stage, of: string = leadId) => stage.journeys.unmerge(of, { note });
const sorted = (found: ReturnType<typeof records>) =>
  [...found].sort((a, b) => (String(a.ids) < String(b.ids) ? -1 : 1));
const bothAlone = sorted([adamAlone, payerAlone]);
const codesOf = ({ notices }: { readonly notices: readonly { readonly code: string }[] }) =>
  notices.map(({ code }) => code);
const isDone = (stage: Stage) =>
  until(stage, leadId, ({ unmerging, unmerged }) => unmerging === undefined && unmerged !== undefined);

async function proven(stage: Stage): Promise<void> {
  await lead(stage);
  await created(stage);
  await trial(stage);
  await resting(stage);
  stripe(stage);
  await paid(stage);
  await ended(stage);
}

describe('an unmerge', () => {
  it(
    'of a proven journey leaves both records as if there had been no merge, and withdraws the customer',
    onStage({}, async (stage) => {
      await proven(stage);

      const answer = await unmerge(stage);

      assert.deepEqual(sorted(records(stage)), bothAlone);
      assert.deepEqual([answer.paidAt, answer.billingCustomerId, answer.unmerging], [undefined, undefined, undefined]);
      const { at, left, ...unmerged } = answer.unmerged ?? {};
      assert.deepEqual(unmerged, { note, billingCustomerIds: [payerId] });
      assert.deepEqual(left, {
        uuid: uuidOf(stage, payerId),
        dates: { leadCreatedAt: adam.trial, freeTrialStartedAt: adam.trial },
      });
      const after = await resting(stage);
      assert.deepEqual([after.stage, after.attention, codesOf(after)], ['trial', undefined, ['withdrawn']]);
      // The payment stays withdrawn, whoever repeats it.
      await paid(stage);
      assert.equal((await view(stage)).paidAt, undefined);
    }),
  );

  it(
    'of a running journey that was merged at its trial takes the trial back too, if only the customer had it',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      stripe(stage, { paid_at: undefined });
      await trial(stage, payerId);
      await until(stage, leadId, ({ mergedAt }) => mergedAt !== undefined);

      await unmerge(stage);

      await resting(stage);
      assert.deepEqual(sorted(records(stage)), sorted([payerAlone, { ...adamAlone, trial: null }]));
      await trial(stage, payerId);
      assert.deepEqual([(await view(stage)).stage, (await view(stage)).trialStartedAt], ['lead', undefined]);
    }),
  );

  it(
    'of an ended journey takes back a trial that was reported with the customer',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await tell(stage, linked, tried, payment);
      await ended(stage);

      await unmerge(stage);

      const { trialStartedAt, leadCreatedAt } = await resting(stage);
      assert.deepEqual([leadCreatedAt, trialStartedAt], [adam.lead, undefined]);
      assert.deepEqual(sorted(records(stage)), sorted([payerAlone, { ...adamAlone, trial: null }]));
    }),
  );

  it(
    'lets the lead be relinked: the payment counts for the right customer',
    onStage({}, async (stage) => {
      await proven(stage);
      await unmerge(stage);
      stage.sandbox.ingest({ external_id: 'cus_right', paid_at: adam.paid });

      await stage.journeys.relink(leadId, { billingCustomerId: 'cus_right', note: 'typing error' });

      const { outcome, billingCustomerId, paidAt } = await ended(stage);
      assert.deepEqual([outcome, billingCustomerId, paidAt], ['proven', 'cus_right', adam.paid]);
      assert.deepEqual(
        sorted(records(stage)),
        sorted([{ ...adamAlone, ids: [leadId, 'cus_right'].sort() }, payerAlone]),
      );
    }),
  );

  it(
    'can itself be taken back: a relink to the same customer merges the two again',
    onStage({}, async (stage) => {
      await proven(stage);
      await unmerge(stage);

      await stage.journeys.relink(leadId, { billingCustomerId: payerId, note: 'it was right' });

      assert.equal((await ended(stage)).billingCustomerId, payerId);
      assert.deepEqual(records(stage), [{ ...adamAlone, ids: [leadId, payerId].sort() }]);
    }),
  );

  it(
    'lets the customer be linked to its own lead, without anything done by hand',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await tell(stage, linked, tried, payment);
      await ended(stage);
      await stage.journeys.leadCreated(wrongLead, { occurredAt: '2016-02-01T00:00:00Z' });
      await assert.rejects(link(stage, wrongLead), /unmerge cus_0001/);

      await unmerge(stage);
      await link(stage, wrongLead);

      await until(stage, wrongLead, ({ stage: reached }) => reached === 'proven');
      const open = await resting(stage);
      assert.deepEqual([open.attention, open.paidAt], [undefined, undefined]);
      const own = { ids: [wrongLead, payerId].sort(), lead: day('2016-02-01'), trial: trialDate };
      assert.deepEqual(sorted(records(stage)), sorted([own, { ...adamAlone, trial: null }]));
    }),
  );

  it(
    'is refused if nothing is merged, and changes nothing',
    onStage({}, async (stage) => {
      await lead(stage);
      await resting(stage);
      const before = await view(stage);

      await assert.rejects(
        unmerge(stage),
        (error) => error instanceof JourneyRefusedError && /^it is not merged: ChartMogul shows/.test(error.message),
      );
      await assert.rejects(stage.journeys.unmerge(leadId, { note: ' ' }), /note must say why/);

      assert.deepEqual(await resting(stage), before);
      assert.ok(!stage.requests().some((request) => request.includes('unmerges')));
    }),
  );

  it(
    'is refused while it has nothing to take back: a second one, and one of a closed journey',
    onStage({}, async (stage) => {
      await proven(stage);
      await unmerge(stage);

      await assert.rejects(unmerge(stage), /it is not merged/);

      await stage.journeys.close(leadId, { note: 'a test entry' });
      await ended(stage);
      await assert.rejects(unmerge(stage), /was closed/);
    }),
  );
});

describe('an unmerge that takes long', () => {
  it(
    'waits for a merge that was requested, answers meanwhile, and takes it back',
    onStage({ mergeAfterReads: 30 }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await calls(stage, 'POST /v1/customers/merges 202', 1);

      const answering = unmerge(stage);
      await until(stage, leadId, ({ unmerging }) => unmerging !== undefined);
      await forward(stage, '91 seconds');

      const answer = await answering;
      assert.deepEqual([answer.unmerging, answer.doing], [{ note }, 'unmerging: waiting for the merge to appear']);
      const request = { billingCustomerId: payerId, note };
      await assert.rejects(stage.journeys.relink(leadId, request), /must wait: the lead is being unmerged/);
      await assert.rejects(stage.journeys.mergeCustomer(leadId, request), /must wait: the lead is being unmerged/);
      await assert.rejects(stage.journeys.withdraw(leadId, request), /must wait: the lead is being unmerged/);
      await forward(stage, '30 minutes');
      await isDone(stage);
      assert.deepEqual(sorted(records(stage)), sorted([payerAlone, { ...adamAlone, trial: null }]));
    }),
  );

  it(
    'ends without an unmerge if the requested merge never comes',
    onStage({ mergeAfterReads: 1000 }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await calls(stage, 'POST /v1/customers/merges 202', 1);

      const answering = unmerge(stage);
      await forward(stage, '40 minutes');
      await answering;

      const { unmerged, attention } = await isDone(stage);
      assert.deepEqual([unmerged?.billingCustomerIds, unmerged?.left, attention], [[payerId], undefined, undefined]);
      await resting(stage);
      assert.ok(!stage.requests().some((request) => request.includes('unmerges')));
    }),
  );

  it(
    'answers that it waits for ChartMogul, and ends by itself',
    onStage({}, async (stage) => {
      await proven(stage);
      stage.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 401, times: 1 });

      const { attention, doing } = await unmerge(stage);

      assert.deepEqual([attention?.code, doing], ['unauthorized', 'unmerging: waiting to retry: unauthorized']);
      await forward(stage, '61 minutes');
      await isDone(stage);
      assert.deepEqual(sorted(records(stage)), bothAlone);
    }),
  );

  it(
    'is requested again if ChartMogul accepted it and never does it',
    onStage({}, async (stage) => {
      await proven(stage);
      stage.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 'garbage', times: 1 });
      const answering = unmerge(stage);
      await eventually(() => stage.requests().some((request) => request.includes('unmerges')));

      await forward(stage, '40 minutes');
      await answering;
      await inAttention(stage, 'unmerge-unconfirmed');
      await stage.journeys.retry(leadId);

      await isDone(stage);
      await healed(stage);
      assert.deepEqual(sorted(records(stage)), bothAlone);
    }),
  );

  it(
    'is done once if it is requested twice',
    onStage({}, async (stage) => {
      await proven(stage);
      const held = await holdRequest(stage, 'POST /v1/customers/unmerges');
      const first = unmerge(stage);
      await held.arrived;
      const second = stage.journeys.unmerge(leadId, { note: 'again' });
      held.end('forward');

      for (const { unmerged } of await Promise.all([first, second])) assert.equal(unmerged?.note, note);
      assert.equal(stage.requests().filter((request) => request.includes('unmerges')).length, 1);
    }),
  );

  it(
    'can be closed',
    onStage({}, async (stage) => {
      await proven(stage);
      stage.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 401, times: 1 });
      await unmerge(stage);

      await stage.journeys.close(leadId, { note: 'leave it' });

      assert.equal((await ended(stage)).outcome, 'closed');
    }),
  );
});

describe('an unmerge during faults', () => {
  const routes = [
    'POST /v1/customers/unmerges',
    'GET /v1/customers',
    'GET /v1/customers/:uuid',
    'PATCH /v1/customers/:uuid',
  ];

  for (const route of routes) {
    it(
      `ends right if ${route} is processed without an answer, fails and is reset`,
      onStage({}, async (stage) => {
        await proven(stage);
        for (const status of ['drop_answer', 503, 'reset'] as const) stage.sandbox.fault({ route, status });

        await unmerge(stage);

        await resting(stage);
        assert.deepEqual(sorted(records(stage)), bothAlone);
      }),
    );
  }
});

describe('an unmerge where dates cannot be put back', () => {
  it(
    'shows the date of the customer that ChartMogul does not clear, and asks about that of the lead',
    onStage({ nullDates: 'ignore' }, async (stage) => {
      await lead(stage);
      await created(stage);
      stage.sandbox.ingest({ external_id: payerId, paid_at: adam.paid });
      await paid(stage);
      await ended(stage);

      const { unmerged, notices } = await unmerge(stage);

      assert.equal(unmerged?.left?.problem, 'not-cleared');
      const { text = '' } = notices.find(({ code }) => code === 'dates-not-restored') ?? {};
      assert.match(
        text,
        new RegExp(`record ${uuidOf(stage, payerId)} of ${payerId}, .*lead date 2016-01-05.* clear them`),
      );
    }),
  );

  it(
    'raises attention for a trial of the customer that stays on the lead',
    onStage({ nullDates: 'ignore' }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await paid(stage);
      await ended(stage);

      await unmerge(stage);

      const { attention } = await inAttention(stage, 'foreign-date');
      assert.match(attention?.detail ?? '', /trial date 2016-02-10/);
    }),
  );

  it(
    'does not change the record of a stranger, whose dates it does not know, and goes on with the lead',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({
        external_id: 'cus_stranger',
        trial_started_at: '2016-03-01T00:00:00Z',
        paid_at: adam.paid,
      });
      await lead(stage);
      await created(stage);
      await mergeByHand(stage, leadId, 'cus_stranger');
      await trial(stage);
      await inAttention(stage, 'merged-elsewhere');

      const { unmerged, notices } = await unmerge(stage);

      assert.deepEqual([unmerged?.billingCustomerIds, unmerged?.left?.problem], [['cus_stranger'], 'unknown-dates']);
      assert.match(notices.map(({ text }) => text).join(), /not known which dates the record .* lead date 2016-03-01/);
      assert.deepEqual(
        records(stage).find(({ ids }) => ids[0] === 'cus_stranger'),
        { ids: ['cus_stranger'], lead: day('2016-03-01'), trial: day('2016-03-01') },
      );
      stripe(stage);
      await paid(stage);
      assert.equal((await ended(stage)).billingCustomerId, payerId);
      assert.ok(sorted(records(stage)).some(({ ids, lead: date }) => ids.length === 2 && date === day('2016-01-05')));
    }),
  );
});

describe('an unmerge of a lead', () => {
  it(
    'that a person has unmerged already puts back the dates',
    onStage({}, async (stage) => {
      await proven(stage);
      await unmergeByHand(stage, leadId);

      await unmerge(stage);

      assert.deepEqual(sorted(records(stage)), bothAlone);
      await resting(stage);
    }),
  );

  it(
    'that a person had unmerged, and that its journey merged again, gives the customer its first dates back',
    onStage({}, async (stage) => {
      await proven(stage);
      await unmergeByHand(stage, leadId);
      await stage.journeys.retry(leadId);
      await ended(stage);
      assert.equal(records(stage).length, 1);

      await unmerge(stage);

      assert.deepEqual(sorted(records(stage)), bothAlone);
    }),
  );

  it(
    'that shares the record leaves the dates of the other leads and of the customer',
    onStage({}, async (stage) => {
      stripe(stage);
      const leads = { [leadId]: '2016-01-05', [wrongLead]: '2016-01-20', lead_3: '2016-01-10' };
      for (const [sharing, date] of Object.entries(leads)) {
        await stage.journeys.leadCreated(sharing, { occurredAt: `${date}T00:00:00Z` });
        await stage.journeys.paymentSucceeded(sharing, { occurredAt: adam.paid, billingCustomerId: payerId });
        await settled(stage, sharing);
      }
      await stage.journeys.trialStarted(leadId, { occurredAt: '2016-01-06T00:00:00Z' });
      await settled(stage, leadId);
      const shared = [leadId, wrongLead, payerId, 'lead_3'].sort();
      assert.deepEqual(records(stage), [{ ids: shared, lead: day('2016-01-05'), trial: day('2016-01-06') }]);

      await unmerge(stage);

      const own = { ids: [leadId], lead: day('2016-01-05'), trial: day('2016-01-06') };
      const rest = { ids: shared.filter((id) => id !== leadId), lead: day('2016-01-10'), trial: trialDate };
      assert.deepEqual(sorted(records(stage)), sorted([own, rest]));
    }),
  );

  it(
    'leaves the dates of a shared record if the dates of another lead are not known',
    onStage({}, async (stage) => {
      stripe(stage);
      for (const sharing of [leadId, wrongLead]) {
        await stage.journeys.leadCreated(sharing, { occurredAt: adam.lead });
        await stage.journeys.paymentSucceeded(sharing, { occurredAt: adam.paid, billingCustomerId: payerId });
        await stage.journeys.handle(sharing).result();
      }
      await stage.journeys.close(wrongLead, { note: 'what it knew may be wrong' });
      await stage.journeys.handle(wrongLead).result();

      const { unmerged } = await unmerge(stage);

      assert.equal(unmerged?.left?.problem, 'unknown-dates');
      assert.equal(records(stage).find(({ ids }) => ids.includes(payerId))?.lead, day('2016-01-05'));
    }),
  );

  it(
    'with two merged customers separates it from both, which stay one record',
    onStage({ worker: { settings: { mergesCustomers: true } } }, async (stage) => {
      stripe(stage);
      stage.sandbox.ingest({ external_id: 'cus_trial', trial_started_at: adam.trial });
      await lead(stage);
      await trial(stage, 'cus_trial');
      await paid(stage);
      await ended(stage);
      assert.equal(records(stage).length, 1);

      const { unmerged } = await unmerge(stage);

      assert.deepEqual([...(unmerged?.billingCustomerIds ?? [])].sort(), [payerId, 'cus_trial'].sort());
      assert.deepEqual(
        sorted(records(stage)).map(({ ids }) => ids),
        [[leadId], [payerId, 'cus_trial'].sort()].sort(),
      );
    }),
  );

  it(
    'keeps what an operator corrected, and a date of the lead from before',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await setDatesByHand(stage, leadId, { free_trial_started_at: '2016-01-08T00:00:00Z' });
      await stage.journeys.retry(leadId);
      await until(stage, leadId, ({ trialStartedAt }) => trialStartedAt !== undefined);
      stripe(stage);
      await paid(stage);
      await ended(stage);
      await stage.journeys.correct(leadId, { date: 'leadCreatedAt', to: '2016-01-07T00:00:00Z', note });
      await ended(stage);

      await unmerge(stage);

      await resting(stage);
      const own = { ids: [leadId], lead: day('2016-01-07'), trial: day('2016-01-08') };
      assert.deepEqual(sorted(records(stage)), sorted([own, payerAlone]));
    }),
  );
});

/** A journey waits after a write to a shared record. */
async function settled(stage: Stage, sharing: string): Promise<void> {
  const journey = stage.journeys.handle(sharing);
  await skipTime(journey, { maxSessionSkipCount: 100 });
  await journey.result();
}
