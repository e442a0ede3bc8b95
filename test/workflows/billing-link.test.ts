import assert from 'node:assert/strict';
import { JourneyRefusedError, type JourneyView } from '../../src/starter.js';
import {
  began,
  billingScenarios,
  journeyNotified,
  known,
  link,
  linked,
  note,
  payment,
  tell,
  tried,
  wrongLead,
} from '../support/billing-scenarios.js';
import { setDatesByHand, unmergeByHand } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import {
  adam,
  adamProven,
  calls,
  created,
  ended,
  forwardToEnd,
  lead,
  looking,
  records,
  resting,
  scenarios,
  stripe,
  view,
} from '../support/scenarios.js';

const { leadId, payerId } = adam;
const wronglyLinked = { link: { leadId: wrongLead, rule: 'checkout-metadata' } } as const;

/** The wrong lead, whose journey received Adam's payment. */
async function paymentOfAnotherLead(stage: Stage): Promise<void> {
  await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
  await tell(stage, { ...wronglyLinked, ...began }, payment);
  await until(stage, wrongLead, ({ doing }) => doing === 'looking for the paying customer');
}

const sorted = (found: ReturnType<typeof records>) =>
  [...found].sort((a, b) => (String(a.ids) < String(b.ids) ? -1 : 1));
const idsOf = (found: ReturnType<typeof records>) => found.map(({ ids }) => ids).sort();

describe('linking a billing customer', () => {
  it(
    'resolves a payment without a lead',
    onStage({}, async (stage) => {
      await lead(stage);
      await billingScenarios['billing-unmatched-then-linked'].run(stage);
      stripe(stage);
      await stage.journeys.payerHint(leadId);

      assert.equal((await ended(stage)).outcome, 'proven');
      const customer = await known(stage, () => true);
      assert.equal(customer.attention, undefined);
      assert.deepEqual(customer.link, { leadId, rule: 'operator', note });
      assert.deepEqual(customer.suggestedLeadIds, [], 'what was suggested is the lead now');
      assert.deepEqual(records(stage), [{ ...adamProven[0], trial: '2016-02-10T05:15:10.000Z' }]);
    }),
  );

  it(
    "works before the customer's first event, and returns the current state",
    onStage({}, async (stage) => {
      const answer = await link(stage);
      assert.deepEqual([answer.matchStatus, answer.notified], ['waiting', undefined]);

      await tell(stage, wronglyLinked, payment);
      const customer = await journeyNotified(stage);
      assert.deepEqual(customer.otherLeadIds, [wrongLead]);
    }),
  );

  it(
    'moves a payment from the wrong journey',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      await paymentOfAnotherLead(stage);

      const answer = await link(stage);

      assert.deepEqual(answer.notified, { leadId, paidAt: adam.paid });
      const wrong = await stage.journeys.view(wrongLead);
      assert.deepEqual([wrong.stage, wrong.paidAt, wrong.billingCustomerId], ['lead', undefined, undefined]);
      assert.equal(wrong.doing, 'waiting for the trial or the payment');
      assert.deepEqual(wrong.withdrawals, [{ billingCustomerId: payerId, note }]);
      assert.ok(wrong.notices.some(({ code, text }) => code === 'withdrawn' && text.includes(payerId)));

      stripe(stage);
      await stage.journeys.payerHint(leadId);
      assert.equal((await ended(stage)).outcome, 'proven');
      assert.deepEqual(idsOf(records(stage)), [[leadId, payerId], [wrongLead]]);
    }),
  );

  it(
    'applies later reports of that customer only to the new lead, and those of another customer to the old one',
    onStage({}, async (stage) => {
      await paymentOfAnotherLead(stage);
      await link(stage);
      await tell(stage, { paidAt: '2016-02-20T00:00:00Z' });
      const moved = await known(stage, (seen) => seen.notified?.paidAt === '2016-02-20T00:00:00Z');
      assert.equal(moved.notified?.leadId, leadId);

      const billingCustomerId = payerId;
      await stage.journeys.paymentSucceeded(wrongLead, { occurredAt: adam.paid, billingCustomerId });
      assert.equal((await stage.journeys.view(wrongLead)).paidAt, undefined);

      stage.sandbox.ingest({ external_id: 'cus_own', paid_at: adam.paid });
      await stage.customers.reported('cus_own', { ...wronglyLinked, ...payment });
      const own = await until(stage, wrongLead, ({ stage: reached }) => reached === 'proven');
      assert.equal(own.billingCustomerId, 'cus_own');
    }),
  );

  it(
    'is remembered by the old lead after its journey was proven with another customer',
    onStage({}, async (stage) => {
      await paymentOfAnotherLead(stage);
      await link(stage);
      stage.sandbox.ingest({ external_id: 'cus_own', paid_at: adam.paid });
      await stage.customers.reported('cus_own', { ...wronglyLinked, paidAt: '2016-02-28T00:00:00Z' });
      await stage.journeys.handle(wrongLead).result();

      // The withdrawn customer paid earlier, so it would be the payer.
      await stage.journeys.paymentSucceeded(wrongLead, { occurredAt: adam.paid, billingCustomerId: payerId });
      const again = await stage.journeys.handle(wrongLead).result();

      assert.deepEqual([again.outcome, again.billingCustomerId], ['proven', 'cus_own']);
      assert.deepEqual(again.withdrawals, [{ billingCustomerId: payerId, note }]);
    }),
  );

  it(
    'back to the old lead counts the payment there again, and no longer for the other lead',
    onStage({}, async (stage) => {
      await paymentOfAnotherLead(stage);
      await lead(stage);
      await link(stage);
      await link(stage, wrongLead);

      const back = await stage.journeys.view(wrongLead);
      assert.deepEqual([back.paidAt, back.billingCustomerId, back.withdrawals], [adam.paid, payerId, undefined]);
      assert.equal((await view(stage)).paidAt, undefined);
      stripe(stage);
      await stage.journeys.payerHint(wrongLead);
      await until(stage, wrongLead, ({ stage: reached }) => reached === 'proven');
      assert.deepEqual(idsOf(records(stage)), [[leadId], [wrongLead, payerId]]);
    }),
  );

  it(
    'to the same lead notifies its journey again, which repairs one that was closed meanwhile',
    onStage({}, async (stage) => {
      await lead(stage);
      await tell(stage, linked, payment);
      await looking(stage);
      await stage.journeys.close(leadId, { note: 'by mistake' });
      await ended(stage);
      await lead(stage);
      await resting(stage);

      await link(stage);

      assert.equal((await view(stage)).paidAt, adam.paid);
    }),
  );

  it(
    'requested twice concurrently ends with one of the two leads',
    onStage({}, async (stage) => {
      await paymentOfAnotherLead(stage);

      await Promise.all([link(stage), link(stage, 'lead_3')]);

      const { notified: notification, link: held } = await known(stage, () => true);
      assert.equal(notification?.leadId, held?.leadId);
      const holders = await Promise.all(
        [wrongLead, leadId, 'lead_3'].map(async (id) => (await stage.journeys.view(id).catch(() => undefined))?.paidAt),
      );
      assert.equal(holders.filter((paidAt) => paidAt !== undefined).length, 1);
    }),
  );

  it(
    'withdraws nothing from a journey that was closed or never existed',
    onStage({}, async (stage) => {
      await paymentOfAnotherLead(stage);
      await stage.journeys.close(wrongLead, { note: 'no lead at all' });
      await stage.journeys.handle(wrongLead).result();

      assert.equal((await link(stage)).notified?.leadId, leadId);
    }),
  );

  it(
    'moves the trial too, and a notice mentions its date in ChartMogul',
    onStage({}, async (stage) => {
      await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
      await tell(stage, wronglyLinked, tried);
      await until(stage, wrongLead, ({ doing }) => doing === 'looking for the paying customer');
      await link(stage);

      const wrong = await stage.journeys.view(wrongLead);
      assert.deepEqual([wrong.billingCustomerId, wrong.trialStartedAt], [undefined, adam.trial]);
      assert.match(wrong.notices.find(({ code }) => code === 'withdrawn')?.text ?? '', /`correct` it/);
      assert.deepEqual((await view(stage)).billingCustomerId, payerId);
    }),
  );
});

describe('linking a billing customer after a merge was requested', () => {
  const tooLate = /a merge was already requested\. Take it back first: `customer-journey unmerge cus_\d+ --note TEXT`/;

  it(
    'is rejected during the merge, with the command that helps, and nothing changes',
    onStage({ mergeAfterReads: 20 }, async (stage) => {
      stripe(stage);
      await lead(stage);
      await tell(stage, linked, payment);
      await calls(stage, 'POST /v1/customers/merges 202', 1);
      const before = await journeyNotified(stage);
      const journeyBefore = await view(stage);

      await assert.rejects(link(stage, wrongLead), (error) => {
        assert.ok(error instanceof JourneyRefusedError);
        assert.match(error.message, tooLate);
        assert.match(error.message, new RegExp(`the journey of lead ${leadId} keeps this customer`));
        return true;
      });

      assert.deepEqual(await known(stage, () => true), before);
      assert.deepEqual((await view(stage)).paidAt, journeyBefore.paidAt);
      await assert.rejects(stage.journeys.summary(wrongLead), /has no journey/);
      assert.equal((await forwardToEnd(stage, '30 minutes')).outcome, 'proven');
    }),
  );

  it(
    'is rejected after the journey was proven, and nothing changes',
    onStage({}, async (stage) => {
      stripe(stage);
      await lead(stage);
      await tell(stage, linked, payment);
      await ended(stage);
      const before = await journeyNotified(stage);

      await assert.rejects(link(stage, wrongLead), tooLate);

      assert.deepEqual(await known(stage, () => true), before);
      await assert.rejects(stage.journeys.summary(wrongLead), /has no journey/);
    }),
  );

  it(
    'is possible if the journey requested the merge with another customer',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({ external_id: 'cus_own', paid_at: adam.paid });
      await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
      await stage.customers.reported('cus_own', { ...wronglyLinked, trialStartedAt: adam.trial });
      await until(stage, wrongLead, ({ doing }) => doing === 'waiting for the payment');
      await tell(stage, wronglyLinked, payment);
      await journeyNotified(stage, wrongLead);
      assert.ok((await stage.journeys.view(wrongLead)).notices.some(({ code }) => code === 'other-payers'));

      await link(stage);

      const { notices } = await stage.journeys.view(wrongLead);
      assert.deepEqual(
        notices.map(({ code }) => code),
        ['withdrawn'],
      );
    }),
  );
});

describe('linking a billing customer that the application reported for another lead', () => {
  const reportedFor = (stage: Stage, otherLead: string) =>
    stage.journeys.paymentSucceeded(otherLead, { occurredAt: adam.paid, billingCustomerId: payerId });
  const unmerged = (stage: Stage) => stage.customers.link(payerId, { leadId, note, isUnmerged: true });

  /** Until Temporal's visibility store shows the journeys that have the customer. */
  async function listed(stage: Stage, count: number): Promise<void> {
    const filter = { billingCustomerId: payerId, includeClosed: true };
    await eventually(async () => (await stage.journeys.count(filter)) === count);
  }

  async function mergedElsewhere(stage: Stage): Promise<void> {
    stripe(stage);
    await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
    await reportedFor(stage, wrongLead);
    await stage.journeys.handle(wrongLead).result();
    await tell(stage, payment);
    await known(stage, ({ matchStatus }) => matchStatus === 'pre-existing');
  }

  it(
    'is rejected if ChartMogul shows the two merged, with the command that helps, and nothing changes',
    onStage({}, async (stage) => {
      await mergedElsewhere(stage);
      const before = await known(stage, () => true);
      const recordsBefore = records(stage);

      await assert.rejects(link(stage), (error) => {
        assert.ok(error instanceof JourneyRefusedError);
        assert.match(error.message, new RegExp(`^ChartMogul shows this customer merged with lead ${wrongLead}: `));
        assert.match(error.message, /a merge was already requested\. .* unmerge cus_0002 --note TEXT`$/);
        return true;
      });
      await assert.rejects(unmerged(stage), new RegExp(`ChartMogul still shows .* merged with lead ${wrongLead}`));

      assert.deepEqual(await known(stage, () => true), before);
      assert.deepEqual(records(stage), recordsBefore);
      await assert.rejects(stage.journeys.summary(leadId), /has no journey/);
    }),
  );

  it(
    'is possible after the two were unmerged manually, and reopens the old lead',
    onStage({}, async (stage) => {
      await mergedElsewhere(stage);
      await unmergeByHand(stage, wrongLead);
      await setDatesByHand(stage, payerId, { lead_created_at: adam.trial, free_trial_started_at: adam.trial });
      await listed(stage, 1);
      await assert.rejects(
        link(stage),
        /the journey of lead cus_0002 keeps this customer: .* unmerge cus_0002 --note TEXT`$/,
      );
      await lead(stage);

      assert.equal((await unmerged(stage)).notified?.leadId, leadId);

      await ended(stage);
      const open = await trialCleared(stage, wrongLead);
      assert.deepEqual([open.paidAt, open.billingCustomerId], [undefined, undefined]);
      assert.deepEqual(idsOf(records(stage)), [[leadId, payerId], [wrongLead]]);
    }),
  );

  it(
    'withdraws it from every journey that has it',
    onStage({}, async (stage) => {
      for (const otherLead of [wrongLead, 'lead_3']) {
        await stage.journeys.leadCreated(otherLead, { occurredAt: adam.lead });
        await reportedFor(stage, otherLead);
      }
      await tell(stage, payment);
      await listed(stage, 2);

      assert.equal((await link(stage)).notified?.leadId, leadId);

      for (const otherLead of [wrongLead, 'lead_3']) {
        const { paidAt, withdrawals } = await stage.journeys.view(otherLead);
        assert.deepEqual([paidAt, withdrawals], [undefined, [{ billingCustomerId: payerId, note }]]);
      }
    }),
  );

  it(
    'is rejected if its journey has requested the merge, and nothing changes',
    onStage({ mergeAfterReads: 20 }, async (stage) => {
      stripe(stage);
      await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
      await reportedFor(stage, wrongLead);
      await eventually(async () => stage.requests().includes('POST /v1/customers/merges 202'));
      await listed(stage, 1);

      await assert.rejects(link(stage), /the journey of lead cus_0002 keeps this customer: it is too late/);

      const { matchStatus, link: linkedLead } = await known(stage, () => true);
      assert.deepEqual([matchStatus, linkedLead], ['waiting', undefined]);
      assert.equal((await stage.journeys.view(wrongLead)).paidAt, adam.paid);
    }),
  );

  it(
    'is possible if the leads share the record, and only notifies the journey again',
    onStage({}, async (stage) => {
      stripe(stage);
      for (const sharing of [wrongLead, leadId]) {
        await stage.journeys.leadCreated(sharing, { occurredAt: adam.lead });
        await reportedFor(stage, sharing);
        await stage.journeys.handle(sharing).result();
      }
      await tell(stage, payment);

      assert.equal((await link(stage)).notified?.leadId, leadId);

      assert.equal((await stage.journeys.summary(wrongLead)).status, 'COMPLETED');
      assert.deepEqual(idsOf(records(stage)), [[leadId, wrongLead, payerId].sort()]);
    }),
  );

  it(
    'is rejected while ChartMogul does not answer, and nothing changes',
    onStage({}, async (stage) => {
      await paymentOfAnotherLead(stage);
      const before = await known(stage, () => true);
      stage.sandbox.fault({ route: 'GET /v1/customers', status: 503, times: 1000 });

      await assert.rejects(
        link(stage),
        /^JourneyRefusedError: it is unknown whether .* \(ChartMogul answered 503: .*\)\. Nothing was changed; try again$/,
      );

      assert.deepEqual(await known(stage, () => true), before);
      assert.equal((await stage.journeys.view(wrongLead)).withdrawals, undefined);
    }),
  );
});

/** The record of a reopened lead still has the trial of the customer, which the journey does not take for its own. */
async function trialCleared(stage: Stage, reopened: string): Promise<JourneyView> {
  const { attention } = await until(stage, reopened, (view) => view.attention?.code === 'foreign-date');
  assert.match(attention?.detail ?? '', /trial date 2016-02-10/);
  await setDatesByHand(stage, reopened, { free_trial_started_at: null });
  await stage.journeys.retry(reopened);
  return until(stage, reopened, ({ doing }) => doing === 'waiting for the trial or the payment');
}

describe('linking a billing customer after the old lead was unmerged manually', () => {
  const again = (stage: Stage) => stage.customers.link(payerId, { leadId: wrongLead, note, isUnmerged: true });

  /** Adam's customer was merged with Adam by mistake: it belongs to the other lead. */
  async function undoneByHand(stage: Stage): Promise<void> {
    await unmergeByHand(stage, leadId);
    // As Stripe had them, before they became those of the lead.
    const dates = { lead_created_at: adam.trial, free_trial_started_at: adam.trial };
    await setDatesByHand(stage, payerId, dates);
  }

  const bothRight = [
    { ids: [leadId], lead: '2016-01-05T00:00:00.000Z', trial: '2016-02-10T05:15:10.000Z' },
    { ids: [wrongLead, payerId], lead: '2016-02-01T00:00:00.000Z', trial: '2016-02-10T05:15:10.000Z' },
  ];

  it(
    'moves the payment of a proven journey, and reopens its lead',
    onStage({}, async (stage) => {
      await billingScenarios['billing-link-refused'].run(stage);
      await stage.journeys.leadCreated(wrongLead, { occurredAt: '2016-02-01T00:00:00Z' });
      await undoneByHand(stage);

      await again(stage);
      await until(stage, wrongLead, ({ stage: reached }) => reached === 'proven');

      const open = await trialCleared(stage, leadId);
      assert.deepEqual([open.stage, open.paidAt, open.billingCustomerId], ['lead', undefined, undefined]);
      const [own, other] = bothRight;
      assert.deepEqual(sorted(records(stage)), [{ ...own, trial: null }, other]);
      // Whatever is reported of that customer, the lead stays open; its own customer closes it.
      await stage.journeys.paymentSucceeded(leadId, { occurredAt: adam.paid, billingCustomerId: payerId });
      stage.sandbox.ingest({ external_id: 'cus_own', paid_at: adam.paid });
      await stage.journeys.paymentSucceeded(leadId, { occurredAt: adam.paid, billingCustomerId: 'cus_own' });
      assert.equal((await ended(stage)).billingCustomerId, 'cus_own');
    }),
  );

  it(
    'moves the trial of a running journey',
    onStage({}, async (stage) => {
      stripe(stage, { paid_at: undefined });
      await lead(stage);
      await tell(stage, linked, tried);
      await until(
        stage,
        leadId,
        ({ doing, mergedAt }) => doing === 'waiting for the payment' && mergedAt !== undefined,
      );
      await assert.rejects(link(stage, wrongLead), /unmerge cus_0001/);
      await stage.journeys.leadCreated(wrongLead, { occurredAt: '2016-02-01T00:00:00Z' });
      await undoneByHand(stage);

      await again(stage);
      await until(stage, wrongLead, ({ mergedAt }) => mergedAt !== undefined);

      const open = await until(stage, leadId, ({ doing }) => doing === 'waiting for the trial or the payment');
      assert.deepEqual([open.billingCustomerId, open.mergedAt, open.attention], [undefined, undefined, undefined]);
      assert.deepEqual(sorted(records(stage)), bothRight);
    }),
  );
});

describe('withdrawing a billing customer', () => {
  it(
    'requires a customer, a note, and a running journey',
    onStage({}, async (stage) => {
      await scenarios.smooth.run(stage);
      const request = { billingCustomerId: payerId, note };
      await assert.rejects(stage.journeys.withdraw(leadId, request), /has no journey .* still running/);
      await assert.rejects(stage.journeys.withdraw(leadId, { ...request, note: '' }), /note must say why/);
      await assert.rejects(stage.journeys.withdraw(leadId, { ...request, billingCustomerId: '' }), /billingCustomerId/);
    }),
  );
});
