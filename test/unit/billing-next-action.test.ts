import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchStatusOf, nextAction } from '../../src/domain/billing/next-action.js';
import { billingViewOf } from '../../src/domain/billing/view.js';
import { agreeingReports, billingReports, dayMs, SimulatedCustomer, shuffled, startMs } from './simulated-customer.js';

const link = (leadId: string, rule: 'invoice-metadata' | 'checkout-metadata' = 'checkout-metadata') => ({
  link: { leadId, rule },
});
const paidAt = '2016-02-25T00:00:00Z';
const trialStartedAt = '2016-02-10T05:15:10Z';

describe("what a lead's journey is told", () => {
  it('is nothing before both the lead and a trial or payment are known', () => {
    const customer = new SimulatedCustomer();

    customer.report(link('lead_1'), { begins: true }, { suggestedLeadId: 'lead_2' }).run();
    assert.deepEqual([customer.told, matchStatusOf(customer.state)], [[], 'waiting']);

    customer.report({ trialStartedAt }).run();
    assert.deepEqual(
      [customer.told, matchStatusOf(customer.state)],
      [[{ leadId: 'lead_1', trialStartedAt }], 'matched'],
    );
  });

  it('is the payment after the trial, and both together', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { trialStartedAt });
    customer.run();
    customer.report({ paidAt }).run();

    assert.deepEqual(customer.told, [
      { leadId: 'lead_1', trialStartedAt },
      { leadId: 'lead_1', trialStartedAt, paidAt },
    ]);
  });

  it('is nothing of 24 renewals', () => {
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

  it('is an earlier payment', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { paidAt });
    customer.run();
    customer.report({ paidAt: '2016-02-24T00:00:00Z' }).run();

    assert.deepEqual(customer.told[1], { leadId: 'lead_1', paidAt: '2016-02-24T00:00:00Z' });
  });

  it('ends the same for every order and repetition of events that agree, whenever they are acted on', () => {
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
      { numRuns: 500 },
    );
  });

  it('ends the same for every order of events that disagree, if they are acted on in the end', () => {
    fc.assert(
      fc.property(shuffled(billingReports), ([all, inAnotherOrder]) => {
        const one = new SimulatedCustomer().report(...all);
        const other = new SimulatedCustomer().report(...inAnotherOrder);
        one.run();
        other.run();
        assert.deepEqual(other.state, one.state);
      }),
      { numRuns: 500 },
    );
  });

  it('goes to one journey only, whatever events say, until an operator links', () => {
    fc.assert(
      fc.property(fc.array(billingReports, { maxLength: 12 }), (all) => {
        const customer = new SimulatedCustomer();
        for (const report of all) customer.report(report).run();
        assert.ok(new Set(customer.told.map(({ leadId }) => leadId)).size <= 1);
        assert.deepEqual(customer.withdrawn, []);
        // Each time there is something new in it, and never a later date.
        for (const [index, notification] of customer.told.entries()) {
          const before = customer.told[index - 1];
          if (before) assert.notDeepEqual(notification, before);
          assert.ok(!before?.paidAt || (notification.paidAt !== undefined && notification.paidAt <= before.paidAt));
        }
      }),
    );
  });
});

describe('which lead a billing customer is', () => {
  it('is told best by the best rule, while nothing was handed over', () => {
    const customer = new SimulatedCustomer().report(link('lead_2'), link('lead_1', 'invoice-metadata'), { paidAt });
    customer.run();

    assert.deepEqual(customer.told, [{ leadId: 'lead_1', paidAt }]);
    assert.deepEqual(billingViewOf(customer.state).otherLeadIds, ['lead_2']);
  });

  it('stays, once handed over, and what disagrees is listed', () => {
    const customer = new SimulatedCustomer().report(link('lead_2'), { paidAt });
    customer.run();
    customer.report(link('lead_1', 'invoice-metadata')).run();

    assert.deepEqual(customer.told, [{ leadId: 'lead_2', paidAt }]);
    assert.deepEqual(billingViewOf(customer.state).otherLeadIds, ['lead_1']);
  });

  it('is never told by a suggestion, which is shown', () => {
    const customer = new SimulatedCustomer().report({ suggestedLeadId: 'lead_1', paidAt, begins: true });
    customer.run();

    assert.deepEqual(customer.told, []);
    assert.deepEqual(billingViewOf(customer.state).suggestedLeadIds, ['lead_1']);
    assert.equal(matchStatusOf(customer.state), 'unmatched');
  });

  it('is what an operator says, before the first event and against all', () => {
    const customer = new SimulatedCustomer();
    customer.run({ link: { leadId: 'lead_9', note: 'by phone' } });
    customer.report(link('lead_1', 'invoice-metadata'), { paidAt }).run();

    assert.deepEqual(customer.told, [{ leadId: 'lead_9', paidAt }]);
    assert.deepEqual(billingViewOf(customer.state).link, { leadId: 'lead_9', rule: 'operator', note: 'by phone' });
  });

  it('is changed by taking back from the old lead first; to the same lead, it is only told again', () => {
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

describe('a payment without a lead', () => {
  const unmatched = () => new SimulatedCustomer().report({ begins: true }, { paidAt });

  it('draws attention after a day', () => {
    const customer = unmatched();

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + dayMs });
    assert.equal(billingViewOf(customer.state).attention, undefined);

    assert.deepEqual(customer.letTimePass(dayMs).run(), { do: 'wait' });
    assert.equal(billingViewOf(customer.state).attention?.since, '2016-03-02T00:00:00Z');
  });

  it('draws it a day after the first one, whatever is paid meanwhile', () => {
    const customer = unmatched();
    customer.run();
    customer.letTimePass(dayMs / 2).report({ paidAt: '2016-02-20T00:00:00Z' });

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + dayMs });
  });

  it('draws none once the lead is known, by an event or by an operator, before or after that day', () => {
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

  it('of a customer that was there before us stands as such at once, without attention and without a timer', () => {
    const customer = new SimulatedCustomer().report({ paidAt });

    assert.deepEqual(customer.run(), { do: 'wait' });
    assert.deepEqual(customer.letTimePass(365 * dayMs).run(), { do: 'wait' });
    assert.equal(matchStatusOf(customer.state), 'pre-existing');
  });

  it('is an ordinary one if the beginning of the customer is told later', () => {
    const customer = new SimulatedCustomer().report({ paidAt });
    customer.run();
    customer.letTimePass(3 * dayMs).report({ begins: true });

    assert.deepEqual(customer.run(), { do: 'wait', untilMs: startMs + 4 * dayMs });
    assert.equal(matchStatusOf(customer.state), 'unmatched');
  });

  it('is none if it is a trial that has no lead', () => {
    const customer = new SimulatedCustomer().report({ begins: true }, { trialStartedAt });

    assert.deepEqual(customer.run(), { do: 'wait' });
    assert.equal(matchStatusOf(customer.state), 'waiting');
  });
});

describe('a hint', () => {
  const asked = (customer: SimulatedCustomer) => nextAction(customer.state, { hint: true }, startMs, dayMs).do;

  it('is passed on once the payment was handed over, and otherwise changes nothing', () => {
    const customer = new SimulatedCustomer().report(link('lead_1'), { trialStartedAt });
    customer.run();
    assert.equal(asked(customer), 'wait');

    customer.report({ paidAt }).run();
    assert.equal(asked(customer), 'pass-hint');
  });
});
