import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  correctFacts,
  factsOf,
  joinFacts,
  leadDate,
  noFacts,
  payerId,
  paymentDate,
  relinkFacts,
  startsAfterPayment,
  trialDate,
} from '../../src/domain/journey/facts.js';
import { runs } from '../support/runs.js';
import { anyFacts, billingCustomerIds, instants, reportedFacts, reports } from './arbitraries.js';
import { factsFrom, leadCreated, leadId, paid, trialStarted } from './situations.js';

describe('joining facts', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(reportedFacts, reportedFacts, (a, b) => {
        assert.deepEqual(joinFacts(a, b), joinFacts(b, a));
      }),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(reportedFacts, reportedFacts, reportedFacts, (a, b, c) => {
        assert.deepEqual(joinFacts(joinFacts(a, b), c), joinFacts(a, joinFacts(b, c)));
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(reportedFacts, reportedFacts, (a, b) => {
        assert.deepEqual(joinFacts(a, a), a);
        assert.deepEqual(joinFacts(joinFacts(a, b), b), joinFacts(a, b));
      }),
    );
  });

  it('changes nothing when nothing is reported', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        assert.deepEqual(joinFacts(facts, noFacts), facts);
      }),
    );
  });

  it('gives the same result for every order and repetition of the reports', () => {
    const shuffled = fc
      .array(reports, { minLength: 1, maxLength: 8 })
      .chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.array(fc.constantFrom(...all), { maxLength: 8 }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([all, inAnotherOrder, again]) => {
        assert.deepEqual(factsFrom(...inAnotherOrder, ...again), factsFrom(...all));
        assert.deepEqual(factsFrom(...again, ...inAnotherOrder), factsFrom(...all));
      }),
      { numRuns: runs(200) },
    );
  });

  it('has a stable key order, so that a repeated report is detected as no change', () => {
    fc.assert(
      fc.property(anyFacts, reports, (facts, report) => {
        const joined = joinFacts(facts, factsOf(report, leadId));
        assert.equal(JSON.stringify(joinFacts(joined, factsOf(report, leadId))), JSON.stringify(joined));
      }),
    );
  });

  it('never moves a lead, trial or payment date later', () => {
    fc.assert(
      fc.property(anyFacts, reports, (facts, report) => {
        const joined = joinFacts(facts, factsOf(report, leadId));
        fc.pre(!startsAfterPayment(joined));
        assert.ok(isNotLater(leadDate(joined), leadDate(facts)));
        assert.ok(isNotLater(trialDate(joined), trialDate(facts)));
        const pinned = payerId(facts);
        assert.ok(isNotLater(paymentDate(joined, pinned), paymentDate(facts, pinned)));
      }),
    );
  });

  it('uses the earliest of all lead and trial dates as the lead date', () => {
    fc.assert(
      fc.property(fc.array(reports, { maxLength: 8 }), (all) => {
        const [first] = all
          .filter(({ kind }) => kind !== 'paymentSucceeded')
          .map(({ occurredAt }) => occurredAt)
          .sort();
        const facts = factsFrom(...all);
        fc.pre(!startsAfterPayment(facts));
        assert.equal(leadDate(facts), first);
      }),
    );
  });

  it('ignores a trial after the first payment, in any order of reports', () => {
    fc.assert(
      fc.property(instants, instants, instants, fc.nat(2), (lead, trial, paidAt, order) => {
        const all = [leadCreated(lead), trialStarted(trial), paid(paidAt)];
        const facts = factsFrom(...all.slice(order), ...all.slice(0, order));
        assert.equal(trialDate(facts), trial > paidAt ? undefined : trial);
        assert.equal(leadDate(facts), trial > paidAt || lead < trial ? lead : trial);
      }),
    );
  });

  it('never changes the lead or trial date for a payment after the trial', () => {
    fc.assert(
      fc.property(anyFacts, instants, billingCustomerIds, (facts, occurredAt, billingCustomerId) => {
        const payment = factsOf({ kind: 'paymentSucceeded', occurredAt, billingCustomerId }, leadId);
        const joined = joinFacts(facts, payment);
        fc.pre(!startsAfterPayment(joined) && !startsAfterPayment(facts));
        assert.equal(leadDate(joined), leadDate(facts));
        assert.equal(trialDate(joined), trialDate(facts));
      }),
    );
  });

  it('keeps corrections despite later reports', () => {
    fc.assert(
      fc.property(reportedFacts, instants, fc.array(reports, { maxLength: 5 }), (facts, to, later) => {
        let known = correctFacts(facts, 'leadCreatedAt', { to, note: 'n' });
        known = correctFacts(known, 'trialStartedAt', { to, note: 'n' });
        for (const report of later) known = joinFacts(known, factsOf(report, leadId));
        assert.equal(leadDate(known), to);
        assert.equal(trialDate(known), to);
      }),
    );
  });

  it("keeps the operator's customer despite later reports", () => {
    fc.assert(
      fc.property(reportedFacts, billingCustomerIds, fc.array(reports, { maxLength: 5 }), (facts, named, later) => {
        let known = relinkFacts(facts, named, 'n');
        for (const report of later) known = joinFacts(known, factsOf(report, leadId));
        assert.equal(payerId(known), named);
        assert.ok(!known.relink?.insteadOf.includes(named));
      }),
    );
  });

  it('loses no payment when an operator sets another customer', () => {
    fc.assert(
      fc.property(reportedFacts, billingCustomerIds, (facts, named) => {
        const relinked = relinkFacts(facts, named, 'n');
        assert.ok(isNotLater(paymentDate(relinked), paymentDate(facts)));
      }),
    );
  });

  it('does not mutate its arguments', () => {
    fc.assert(
      fc.property(anyFacts, reportedFacts, (a, b) => {
        const before = structuredClone([a, b]);
        joinFacts(a, b);
        assert.deepEqual([a, b], before);
      }),
    );
  });
});

/** Whether a date is still known, and not moved later. */
function isNotLater(after: string | undefined, before: string | undefined): boolean {
  return before === undefined || (after !== undefined && after <= before);
}
