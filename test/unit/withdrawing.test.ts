import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addPreviousResult,
  factsOf,
  joinFacts,
  noFacts,
  otherCustomers,
  payerId,
  paymentDate,
  reinstateFacts,
  relinkFacts,
  withdrawFacts,
} from '../../src/domain/journey/facts.js';
import { nothingObserved } from '../../src/domain/journey/next-step.js';
import { noticesOf } from '../../src/domain/journey/notices.js';
import { parseReports } from '../../src/domain/journey/reports.js';
import { anyFacts, billingCustomerIds, reports } from './arbitraries.js';
import {
  factsFrom,
  february,
  january,
  laterInFebruary,
  leadCreated,
  leadId,
  paid,
  trialStarted,
} from './situations.js';

const note = 'is another lead';

describe('a withdrawn billing customer', () => {
  it('is neither the payer nor listed as another payer, for any past or future report', () => {
    fc.assert(
      fc.property(anyFacts, billingCustomerIds, fc.array(reports, { maxLength: 5 }), (before, id, later) => {
        let facts = withdrawFacts(before, { billingCustomerId: id, note });
        for (const report of later) facts = joinFacts(facts, factsOf(report, leadId));
        assert.notEqual(payerId(facts), id);
        assert.ok(!otherCustomers(facts).includes(id));
      }),
    );
  });

  it('gives the same result if withdrawn before or after its reports', () => {
    fc.assert(
      fc.property(billingCustomerIds, fc.array(reports, { maxLength: 8 }), (billingCustomerId, all) => {
        const withdrawal = { billingCustomerId, note };
        const first = all.reduce(
          (known, report) => joinFacts(known, factsOf(report, leadId)),
          withdrawFacts(noFacts, withdrawal),
        );
        assert.deepEqual(withdrawFacts(factsFrom(...all), withdrawal), first);
      }),
    );
  });

  it('counts again with all its reports once it is linked back', () => {
    fc.assert(
      fc.property(anyFacts, billingCustomerIds, (facts, id) => {
        if (facts.relink?.billingCustomerId === id) return; // an operator's link that a later one has undone
        const { reinstated, ...back } = reinstateFacts(withdrawFacts(facts, { billingCustomerId: id, note }), id);
        assert.deepEqual(back, facts);
        assert.deepEqual(reinstated, [id]);
      }),
    );
  });

  it('is replaced by the next customer, whose trial started later', () => {
    const facts = factsFrom(trialStarted(january, 'cus_wrong'), trialStarted(february, 'cus_right'));
    assert.equal(payerId(facts), 'cus_wrong');

    assert.equal(payerId(withdrawFacts(facts, { billingCustomerId: 'cus_wrong', note })), 'cus_right');
  });

  it("is no longer the operator's choice, unless chosen again", () => {
    const named = relinkFacts(factsFrom(paid(february, 'cus_a')), 'cus_b', 'x');
    const withdrawn = withdrawFacts(named, { billingCustomerId: 'cus_b', note });
    assert.equal(payerId(withdrawn), 'cus_a');

    const again = relinkFacts(withdrawn, 'cus_b', 'after all');
    assert.deepEqual([payerId(again), paymentDate(again)], ['cus_b', february]);
  });

  it('does not count as a payment of its replacement', () => {
    const facts = relinkFacts(factsFrom(paid(february, 'cus_a')), 'cus_b', 'x');

    assert.equal(paymentDate(withdrawFacts(facts, { billingCustomerId: 'cus_a', note })), undefined);
  });

  it('is shown in a notice, which also mentions its trial date', () => {
    const facts = factsFrom(leadCreated(january), trialStarted(february, 'cus_a'), paid(laterInFebruary, 'cus_a'));
    const withdrawn = withdrawFacts(facts, { billingCustomerId: 'cus_a', note });

    const [notice] = noticesOf('lead_1', withdrawn, nothingObserved);
    assert.equal(notice?.code, 'withdrawn');
    assert.match(notice.text, /cus_a.*`correct` it/);
    const own = joinFacts(withdrawn, factsOf(trialStarted(january), leadId));
    assert.doesNotMatch(noticesOf('lead_1', own, nothingObserved)[0]?.text ?? '', /correct/);
  });
});

describe('recalling a withdrawal of an earlier journey', () => {
  const previous = { corrections: {}, withdrawals: [{ billingCustomerId: 'cus_a', note }] };

  it('keeps the customer withdrawn', () => {
    assert.equal(payerId(addPreviousResult(factsFrom(paid(february, 'cus_a')), previous)), undefined);
  });

  it('does not undo a link back', () => {
    const back = reinstateFacts(factsFrom(paid(february, 'cus_a')), 'cus_a');

    assert.equal(payerId(addPreviousResult(back, previous)), 'cus_a');
  });
});

describe('reports that reinstate', () => {
  const now = Date.parse('2016-03-01T00:00:00Z');
  const payment = { occurredAt: february, billingCustomerId: 'cus_a' };

  it('apply to the payment and the trial, not to the lead', () => {
    const input = { leadCreated: { occurredAt: january }, paymentSucceeded: payment, reinstates: true };

    assert.deepEqual(parseReports(input, now), {
      ok: true,
      value: [
        { kind: 'leadCreated', occurredAt: january },
        { kind: 'paymentSucceeded', ...payment, reinstates: true },
      ],
    });
  });

  it('are rejected if the flag is not true, or if there is no report', () => {
    assert.ok(!parseReports({ paymentSucceeded: payment, reinstates: false }, now).ok);
    assert.ok(!parseReports({ reinstates: true }, now).ok);
  });
});
