import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linkRefusal } from '../../src/domain/billing/link-refusal.js';
import {
  learn,
  matchStatusOf,
  nextAction,
  noteUnreachable,
  noteWithdrawalUnknown,
  startNotifying,
  takeLink,
} from '../../src/domain/billing/next-action.js';
import type { BillingReport, LinkRule } from '../../src/domain/billing/report.js';
import { billingViewOf } from '../../src/domain/billing/view.js';
import { runs } from '../support/runs.js';
import { agreeingReports, billingReports, dayMs, SimulatedCustomer, shuffled, startMs } from './simulated-customer.js';

const link = (leadId: string, rule: 'invoice-metadata' | 'checkout-metadata' = 'checkout-metadata') => ({
  link: { leadId, rule },
});
const paidAt = '2016-02-25T00:00:00Z';
const trialStartedAt = '2016-02-10T05:15:10Z';

describe("notifications to a lead's journey", () => {
  it('start once a lead, and a trial or payment, are known', () => {
    const customer = new SimulatedCustomer();

    customer.report(link('lead_1'), { begins: true }, { suggestedLeadId: 'lead_2' }).run();
    assert.deepEqual([customer.told, matchStatusOf(customer.state)], [[], 'waiting']);

    customer.report({ trialStartedAt }).run();
    assert.deepEqual(
      [customer.told, matchStatusOf(customer.state)],
      [[{ leadId: 'lead_1', trialStartedAt }], 'matched'],
    );
  });

  it('report the payment after the trial, or both together', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { trialStartedAt });
    customer.run();
    customer.report({ paidAt }).run();

    assert.deepEqual(customer.told, [
      { leadId: 'lead_1', trialStartedAt },
      { leadId: 'lead_1', trialStartedAt, paidAt },
    ]);
  });

  it('do not report 24 renewals', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { begins: true }, { paidAt });
    customer.run();
    const before = customer.state;
    for (let month = 0; month < 24; month += 1) {
      const renewedAt = new Date(Date.UTC(2016, 2 + month)).toISOString().replace('.000', '');
      customer.report({ ...link('lead_1', 'invoice-metadata'), paidAt: renewedAt }).run();
      customer.report({ paidAt: renewedAt }).run();
    }

    assert.equal(customer.told.length, 1);
    assert.deepEqual({ ...customer.state, facts: before.facts }, before);
  });

  it('report an earlier payment', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.run();
    customer.report({ paidAt: '2016-02-24T00:00:00Z' }).run();

    assert.deepEqual(customer.told[1], { leadId: 'lead_1', paidAt: '2016-02-24T00:00:00Z' });
  });

  it('give the same result for every order and repetition of consistent events, with actions at any time', () => {
    fc.assert(
      fc.property(shuffled(agreeingReports), fc.infiniteStream(fc.boolean()), ([all, inAnotherOrder], acts) => {
        const atOnce = new SimulatedCustomer().report(...all);
        atOnce.run();
        const later = new SimulatedCustomer();
        for (const report of inAnotherOrder) {
          later.report(report);
          if (acts.next().value) later.run();
        }
        later.run();

        assert.deepEqual(later.state.facts, atOnce.state.facts);
        assert.deepEqual(later.state.notified, atOnce.state.notified);
        assert.equal(matchStatusOf(later.state), matchStatusOf(atOnce.state));
      }),
      { numRuns: runs(200) },
    );
  });

  it('give the same result for every order of conflicting events, with actions at the end', () => {
    fc.assert(
      fc.property(shuffled(billingReports), ([all, inAnotherOrder]) => {
        const one = new SimulatedCustomer().report(...all);
        const other = new SimulatedCustomer().report(...inAnotherOrder);
        one.run();
        other.run();
        assert.deepEqual(other.state, one.state);
      }),
      { numRuns: runs(200) },
    );
  });

  it('go to a single journey, regardless of events, until an operator links', () => {
    fc.assert(
      fc.property(fc.array(billingReports, { maxLength: 12 }), (all) => {
        const customer = new SimulatedCustomer();
        for (const report of all) customer.report(report).run();
        assert.ok(new Set(customer.told.map(({ leadId }) => leadId)).size <= 1);
        assert.deepEqual(customer.withdrawn, []);
        // Each notification has something new, and never a later date.
        for (const [index, notification] of customer.told.entries()) {
          const before = customer.told[index - 1];
          if (before) assert.notDeepEqual(notification, before);
          assert.ok(!before?.paidAt || (notification.paidAt !== undefined && notification.paidAt <= before.paidAt));
        }
      }),
    );
  });
});

describe('the lead of a billing customer', () => {
  it('comes from the best rule before the first notification', () => {
    const customer = new SimulatedCustomer().report(link('lead_2'), link('lead_1', 'invoice-metadata'), { paidAt });
    customer.run();

    assert.deepEqual(customer.told, [{ leadId: 'lead_1', paidAt }]);
    assert.deepEqual(billingViewOf(customer.state).otherLeadIds, ['lead_2']);
  });

  it('does not change after a notification, and conflicting leads are listed', () => {
    const customer = new SimulatedCustomer().report(link('lead_2'), { paidAt });
    customer.run();
    customer.report(link('lead_1', 'invoice-metadata')).run();

    assert.deepEqual(customer.told, [{ leadId: 'lead_2', paidAt }]);
    assert.deepEqual(billingViewOf(customer.state).otherLeadIds, ['lead_1']);
  });

  it('never comes from a suggestion, which is only shown', () => {
    const customer = new SimulatedCustomer().report({ suggestedLeadId: 'lead_1', paidAt, begins: true });
    customer.run();

    assert.deepEqual(customer.told, []);
    assert.deepEqual(billingViewOf(customer.state).suggestedLeadIds, ['lead_1']);
    assert.equal(matchStatusOf(customer.state), 'unmatched');
  });

  it("is the operator's choice, before the first event and against all events", () => {
    const customer = new SimulatedCustomer();
    customer.run({ link: { leadId: 'lead_9', note: 'by phone' } });
    customer.report(link('lead_1', 'invoice-metadata'), { paidAt }).run();

    assert.deepEqual(customer.told, [{ leadId: 'lead_9', paidAt }]);
    assert.deepEqual(billingViewOf(customer.state).link, { leadId: 'lead_9', rule: 'operator', note: 'by phone' });
  });

  it('changes after a withdrawal from the old lead; a link to the same lead only notifies again', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.run();
    customer.run({ link: { leadId: 'lead_2', note: 'x' } });
    customer.run({ link: { leadId: 'lead_2', note: 'x' } });
    customer.run({ link: { leadId: 'lead_1', note: 'x' } });

    assert.deepEqual(customer.withdrawn, ['lead_1', 'lead_2']);
    assert.deepEqual(
      customer.told.map(({ leadId }) => leadId),
      ['lead_1', 'lead_2', 'lead_2', 'lead_1'],
    );
  });
});

describe("an operator's link", () => {
  const next = (customer: SimulatedCustomer, link: object) =>
    nextAction(customer.state, { link: { leadId: 'lead_2', note: 'x', ...link } }, startMs, dayMs);

  it('is checked before anything else, even during a notification', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });

    assert.deepEqual(next(customer, {}), { do: 'check-link', leadId: 'lead_2' });
    assert.deepEqual(next(customer, { isUnmerged: true }), { do: 'check-link', leadId: 'lead_2', isUnmerged: true });
  });

  it('withdraws the customer from every other lead that has it, and from the notified lead last', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.run();
    customer.found = ['lead_1', 'lead_2', 'lead_3', 'lead_4'];
    customer.run({ link: { leadId: 'lead_2', note: 'x' } });

    assert.deepEqual(customer.withdrawn, ['lead_3', 'lead_4', 'lead_1']);
    assert.equal(customer.state.notified?.leadId, 'lead_2');
  });

  it('withdraws the customer from a lead that may have been notified', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.state = startNotifying(customer.state, { leadId: 'lead_1', rule: 'checkout-metadata' });
    customer.run({ link: { leadId: 'lead_2', note: 'x' } });

    assert.deepEqual(customer.withdrawn, ['lead_1']);
  });

  it('withdraws the customer from a lead that was linked again just before', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.run();
    customer.state = takeLink(customer.state, 'lead_1', 'again', '2016-03-01T00:00:00Z');
    customer.run({ link: { leadId: 'lead_2', note: 'x' } });

    assert.deepEqual(customer.withdrawn, ['lead_1']);
  });

  it('notifies the old lead again if it is unknown whether the withdrawal was applied', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.run();
    customer.state = noteWithdrawalUnknown(customer.state, 'lead_1');

    const action = nextAction(customer.state, {}, startMs, dayMs);
    assert.deepEqual([action.do, 'reinstates' in action && action.reinstates], ['notify-journey', true]);
    customer.run();
    assert.equal(customer.state.mayBeWithdrawn, undefined);
  });

  it('is rejected if ChartMogul shows the customer merged with another lead', () => {
    const ofLead = { leadId: 'lead_2' };
    assert.equal(linkRefusal([], ofLead), undefined);
    assert.equal(linkRefusal(['lead_2'], { ...ofLead, isUnmerged: true }), undefined);
    assert.equal(linkRefusal(['lead_1', 'lead_2'], ofLead), undefined, 'the leads share the record');
    assert.match(
      linkRefusal(['lead_1'], ofLead) ?? '',
      /merged with lead lead_1: the link is too late: .*`customer-journey unmerge lead_1 --note TEXT`$/,
    );
    assert.match(linkRefusal(['a@b.example'], ofLead) ?? '', /merged with lead \(withheld\): /);
    const stillMerged = linkRefusal(['lead_1', 'lead_2'], { ...ofLead, isUnmerged: true });
    assert.match(stillMerged ?? '', /^ChartMogul still shows .* merged with lead lead_1\./);
  });
});

describe('a notification that failed', () => {
  const nextTryAt = '2016-03-01T01:00:00Z';
  const failed = () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    const failure = { since: '2016-03-01T00:00:00Z', detail: 'unexpected TypeError', nextTryAt };
    customer.state = noteUnreachable(customer.state, failure);
    return customer;
  };

  it('leaves the customer waiting with attention, until the next try is due', () => {
    const customer = failed();

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: Date.parse(nextTryAt) });
    const { matchStatus, attention } = billingViewOf(customer.state);
    assert.deepEqual(
      [matchStatus, attention?.code, attention?.nextTryAt],
      ['waiting', 'journey-unreachable', nextTryAt],
    );

    customer.letTimePass(60 * 60 * 1000).run();
    assert.equal(customer.told.length, 1);
    const healed = billingViewOf(customer.state);
    assert.deepEqual([healed.matchStatus, healed.attention], ['matched', undefined]);
  });

  it('is tried again when an event arrives, and keeps the time of the first failure', () => {
    const customer = failed();
    customer.state = learn(customer.state, { paidAt }, '2016-03-01T00:30:00Z');

    assert.equal(nextAction(customer.state, {}, startMs, dayMs).do, 'notify-journey');
    customer.state = noteUnreachable(customer.state, { since: '2016-03-01T00:30:00Z', detail: 'x', nextTryAt });
    assert.equal(billingViewOf(customer.state).attention?.since, '2016-03-01T00:00:00Z');
  });
});

describe('a payment without a lead', () => {
  const unmatched = () => new SimulatedCustomer().report({ begins: true }, { paidAt });

  it('raises attention after a day', () => {
    const customer = unmatched();

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + dayMs });
    assert.equal(billingViewOf(customer.state).attention, undefined);

    assert.deepEqual(customer.letTimePass(dayMs).run(), { do: 'wait' });
    assert.equal(billingViewOf(customer.state).attention?.since, '2016-03-02T00:00:00Z');
  });

  it('raises attention a day after the first payment, despite later ones', () => {
    const customer = unmatched();
    customer.run();
    customer.letTimePass(dayMs / 2).report({ paidAt: '2016-02-20T00:00:00Z' });

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + dayMs });
  });

  it('raises no attention once an event or an operator names the lead, before or after that day', () => {
    for (const ms of [dayMs / 2, 2 * dayMs]) {
      for (const isByOperator of [true, false]) {
        const customer = unmatched();
        customer.run();
        customer.letTimePass(ms).run();
        if (isByOperator) customer.run({ link: { leadId: 'lead_1', note: 'x' } });
        else customer.report(link('lead_1'));
        assert.deepEqual(customer.run(), { do: 'wait' });
        assert.equal(billingViewOf(customer.state).attention, undefined);
        assert.equal(matchStatusOf(customer.state), 'matched');
      }
    }
  });

  it('of a pre-existing customer has that status at once, without attention and without a timer', () => {
    const customer = new SimulatedCustomer().report({ paidAt });

    assert.deepEqual(customer.run(), { do: 'wait' });
    assert.deepEqual(customer.letTimePass(365 * dayMs).run(), { do: 'wait' });
    assert.equal(matchStatusOf(customer.state), 'pre-existing');
  });

  it("is unmatched if the customer's start is reported later", () => {
    const customer = new SimulatedCustomer().report({ paidAt });
    customer.run();
    customer.letTimePass(3 * dayMs).report({ begins: true });

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + 4 * dayMs });
    assert.equal(matchStatusOf(customer.state), 'unmatched');
  });
});

describe('a trial without a lead', () => {
  const unmatched = () => new SimulatedCustomer().report({ begins: true }, { trialStartedAt });
  const shown = ({ state }: SimulatedCustomer) => [matchStatusOf(state), billingViewOf(state).attention?.code];

  it('is unmatched, and raises attention after a day', () => {
    const customer = unmatched();

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + dayMs });
    assert.deepEqual(shown(customer), ['unmatched', undefined]);

    assert.deepEqual(customer.letTimePass(dayMs).run(), { do: 'wait' });
    assert.deepEqual(shown(customer), ['unmatched', 'trial-unmatched']);
  });

  it('is a payment without a lead once the customer pays', () => {
    const customer = unmatched();
    customer.run();
    customer.letTimePass(dayMs).run();
    customer.report({ paidAt });

    assert.deepEqual(customer.run(), { do: 'wait' });
    assert.deepEqual(shown(customer), ['unmatched', 'payment-unmatched']);
  });

  it('is matched once an event or an operator names the lead', () => {
    for (const ms of [dayMs / 2, 2 * dayMs]) {
      for (const isByOperator of [true, false]) {
        const customer = unmatched();
        customer.run();
        customer.letTimePass(ms).run();
        if (isByOperator) customer.run({ link: { leadId: 'lead_1', note: 'x' } });
        else customer.report(link('lead_1'));

        assert.deepEqual(customer.run(), { do: 'wait' });
        assert.deepEqual(shown(customer), ['matched', undefined]);
        assert.deepEqual(customer.told, [{ leadId: 'lead_1', trialStartedAt }]);
      }
    }
  });

  it('of a pre-existing customer has that status, without attention and without a timer', () => {
    const customer = new SimulatedCustomer().report({ trialStartedAt });

    assert.deepEqual(customer.run(), { do: 'wait' });
    assert.deepEqual(customer.letTimePass(365 * dayMs).run(), { do: 'wait' });
    assert.deepEqual(shown(customer), ['pre-existing', undefined]);
  });

  it('is still waiting in the state of an older release', () => {
    const state = [{ begins: true } as const, { trialStartedAt }].reduce(
      (known, report) => learn(known, report, '2016-03-01T00:00:00Z'),
      new SimulatedCustomer().state,
    );

    assert.equal(matchStatusOf(state), 'waiting');
    assert.deepEqual(nextAction(state, {}, startMs, dayMs), { do: 'wait' });
  });
});

describe('a second lead of a notified customer', () => {
  const [first, second, third] = ['2016-02-11T00:00:00Z', '2016-02-12T00:00:00Z', '2016-02-13T00:00:00Z'];
  const named = (leadId: string, rule: LinkRule, at: string) => ({ link: { leadId, rule, at } });
  const notified = (...reports: BillingReport[]) => {
    const customer = new SimulatedCustomer().report(...reports, { paidAt });
    customer.run();
    return customer;
  };
  const attentionOf = ({ state }: SimulatedCustomer) => billingViewOf(state).attention;

  const conflicts: [what: string, known: BillingReport, later: BillingReport][] = [
    [
      'a later event of the same rule',
      named('lead_1', 'customer-metadata', first),
      named('lead_2', 'customer-metadata', second),
    ],
    [
      'an event with a better rule, also an earlier one',
      named('lead_1', 'customer-metadata', second),
      named('lead_2', 'subscription-metadata', first),
    ],
    ['an event with a time, after one without', link('lead_1'), named('lead_2', 'checkout-metadata', first)],
  ];
  for (const [what, known, later] of conflicts) {
    it(`raises attention if it is named by ${what}`, () => {
      const customer = notified(known).report(later);

      assert.deepEqual(customer.run(), { do: 'wait' });
      const attention = attentionOf(customer);
      assert.deepEqual(
        [attention?.code, attention?.since, attention?.detail],
        ['lead-conflict', '2016-03-01T00:00:00Z', `lead lead_2, by ${later.link?.rule}`],
      );
      assert.deepEqual(customer.told, [{ leadId: 'lead_1', paidAt }]);
      assert.equal(matchStatusOf(customer.state), 'matched');
    });
  }

  const agreements: [what: string, customer: () => SimulatedCustomer][] = [
    [
      'an earlier event of the same rule, which was corrected since',
      () => notified(named('lead_1', 'customer-metadata', second)).report(named('lead_2', 'customer-metadata', first)),
    ],
    [
      'an event that was corrected before the notification',
      () => notified(named('lead_2', 'customer-metadata', first), named('lead_1', 'customer-metadata', second)),
    ],
    [
      'an event with a worse rule',
      () => notified(named('lead_1', 'customer-metadata', first)).report(named('lead_2', 'checkout-metadata', second)),
    ],
    [
      'an event with a worse rule than one that confirmed the lead since',
      () =>
        notified(named('lead_1', 'checkout-metadata', first)).report(
          named('lead_1', 'invoice-metadata', first),
          named('lead_2', 'customer-metadata', second),
        ),
    ],
    ['a suggestion', () => notified(named('lead_1', 'customer-metadata', first)).report({ suggestedLeadId: 'lead_2' })],
  ];
  for (const [what, customer] of agreements) {
    it(`raises no attention if it is named by ${what}`, () => {
      const named = customer();
      named.run();

      assert.equal(attentionOf(named), undefined);
      assert.equal(named.told[0]?.leadId, 'lead_1');
    });
  }

  it('stays in conflict when the first lead is named again, as by two subscriptions', () => {
    const customer = notified(named('lead_1', 'subscription-metadata', first));
    customer.report(named('lead_2', 'subscription-metadata', second), named('lead_1', 'subscription-metadata', third));
    customer.run();

    assert.equal(attentionOf(customer)?.code, 'lead-conflict');
  });

  it('is settled by an operator, for either lead', () => {
    for (const leadId of ['lead_1', 'lead_2']) {
      const customer = notified(named('lead_1', 'customer-metadata', first));
      customer.report(named('lead_2', 'customer-metadata', second)).run();
      customer.run({ link: { leadId, note: 'asked them' } });
      customer.report(named('lead_1', 'invoice-metadata', third), named('lead_2', 'invoice-metadata', third)).run();

      assert.equal(attentionOf(customer), undefined);
      assert.equal(customer.state.notified?.leadId, leadId);
    }
  });

  it('is in conflict regardless of the order of the events after the notification', () => {
    fc.assert(
      fc.property(shuffled(billingReports), ([all, inAnotherOrder]) => {
        const before = notified(named('lead_1', 'customer-metadata', second)).state;
        const ends = [all, inAnotherOrder].map((reports) => {
          const customer = new SimulatedCustomer();
          customer.state = before;
          for (const report of reports) customer.report(report).run();
          return billingViewOf(customer.state);
        });
        assert.deepEqual(ends[1], ends[0]);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('a hint', () => {
  const asked = (customer: SimulatedCustomer) => nextAction(customer.state, { hint: true }, startMs, dayMs).do;

  it('is forwarded once the payment was reported to the journey, and otherwise changes nothing', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { trialStartedAt });
    customer.run();
    assert.equal(asked(customer), 'wait');

    customer.report({ paidAt }).run();
    assert.equal(asked(customer), 'pass-hint');
  });
});
