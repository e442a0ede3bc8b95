import assert from 'node:assert/strict';
import {
  correctFacts,
  customersOf,
  type Facts,
  factsOf,
  joinFacts,
  leadDate,
  noFacts,
  otherCustomers,
  payerId,
  paymentDate,
  profileOf,
  relinkFacts,
  trialDate,
} from '../../src/domain/journey/facts.js';
import {
  factsFrom,
  february,
  january,
  laterInFebruary,
  leadCreated,
  leadId,
  march,
  paid,
  paidByLead,
  payer,
  trialStarted,
} from './situations.js';

describe('the lead date', () => {
  it('is unknown before a lead or trial report', () => {
    assert.equal(leadDate(noFacts), undefined);
    assert.equal(leadDate(factsFrom(paid(january))), undefined);
  });

  it('is the earliest of two reports of the lead', () => {
    assert.equal(leadDate(factsFrom(leadCreated(february), leadCreated(january), leadCreated(march))), january);
  });

  it('is the trial date if no lead was reported', () => {
    assert.equal(leadDate(factsFrom(trialStarted(february))), february);
  });

  it('is the date of a trial that started before the reported lead date', () => {
    assert.equal(leadDate(factsFrom(leadCreated(february), trialStarted(january))), january);
  });

  it('does not change with an earlier payment', () => {
    assert.equal(leadDate(factsFrom(leadCreated(february), paid(january))), february);
  });

  it("is the operator's correction even if a trial is earlier", () => {
    const facts = factsFrom(leadCreated(january), trialStarted(february));

    const corrected = correctFacts(facts, 'leadCreatedAt', { to: march, note: 'was a test' });

    assert.equal(leadDate(corrected), march);
    assert.equal(trialDate(corrected), february);
  });

  it('follows a trial that an operator corrected to an earlier date', () => {
    const facts = factsFrom(leadCreated(february), trialStarted(march));

    assert.equal(leadDate(correctFacts(facts, 'trialStartedAt', { to: january, note: 'wrong month' })), january);
  });
});

describe('the trial date', () => {
  it('is the earliest of the trials, in the billing system or not', () => {
    assert.equal(trialDate(factsFrom(trialStarted(march), trialStarted(february, payer))), february);
  });

  it("is the operator's correction even if it is later than every report", () => {
    const corrected = correctFacts(factsFrom(trialStarted(january)), 'trialStartedAt', { to: march, note: 'extended' });

    assert.equal(trialDate(corrected), march);
  });

  it('stays corrected when an earlier trial is reported afterwards', () => {
    const corrected = correctFacts(factsFrom(trialStarted(march)), 'trialStartedAt', { to: february, note: 'n' });

    assert.equal(trialDate(joinFacts(corrected, factsFrom(trialStarted(january)))), february);
  });

  it('is the last of two corrections', () => {
    const first = correctFacts(factsFrom(trialStarted(january)), 'trialStartedAt', { to: march, note: 'one' });

    const second = correctFacts(first, 'trialStartedAt', { to: february, note: 'two' });

    assert.equal(trialDate(second), february);
    assert.deepEqual(second.corrections, { trialStartedAt: { to: february, note: 'two' } });
  });
});

describe('the payer', () => {
  it('is unknown with only a lead and a trial outside the billing system', () => {
    assert.equal(payerId(factsFrom(leadCreated(january), trialStarted(february))), undefined);
  });

  it('is the customer whose trial runs in the billing system', () => {
    assert.equal(payerId(factsFrom(trialStarted(february, payer))), payer);
  });

  it('is the customer of the earliest trial, ties going to the smallest id', () => {
    assert.equal(payerId(factsFrom(trialStarted(march, 'cus_a'), trialStarted(february, 'cus_b'))), 'cus_b');
    assert.equal(payerId(factsFrom(trialStarted(february, 'cus_b'), trialStarted(february, 'cus_a'))), 'cus_a');
  });

  it('is the customer who paid, not the one with the trial', () => {
    assert.equal(payerId(factsFrom(trialStarted(january, 'cus_a'), paid(march, 'cus_b'))), 'cus_b');
  });

  it('is the first customer who paid, ties going to the smallest id', () => {
    assert.equal(payerId(factsFrom(paid(march, 'cus_a'), paid(february, 'cus_b'))), 'cus_b');
    assert.equal(payerId(factsFrom(paid(march, 'cus_b'), paid(march, 'cus_a'))), 'cus_a');
  });

  it('is the lead itself if the payment names no customer', () => {
    assert.equal(payerId(factsFrom(paidByLead(march))), leadId);
  });

  it("is the operator's choice, which overrides all reports", () => {
    const facts = relinkFacts(factsFrom(trialStarted(january, 'cus_a'), paid(march, 'cus_b')), 'cus_c', 'merged there');

    assert.equal(payerId(facts), 'cus_c');
  });

  it('is the customer of the merge request, which overrides everything', () => {
    const facts = relinkFacts(factsFrom(paid(february, 'cus_a')), 'cus_b', 'wrong one');

    assert.equal(payerId(facts, 'cus_pinned'), 'cus_pinned');
  });
});

describe('the payment', () => {
  it('is the first of the payer', () => {
    assert.equal(paymentDate(factsFrom(paid(march), paid(laterInFebruary))), laterInFebruary);
  });

  it('is unknown with only a trial in the billing system', () => {
    assert.equal(paymentDate(factsFrom(trialStarted(february, payer))), undefined);
  });

  it('of a customer other than the pinned one counts, and the customer is listed', () => {
    const facts = factsFrom(paid(february, 'cus_b'), paid(march, 'cus_c'));

    assert.equal(paymentDate(facts, payer), february);
    assert.deepEqual(otherCustomers(facts, payer), ['cus_b', 'cus_c']);
  });

  it('is the first of any customer, even if another one is pinned', () => {
    const facts = factsFrom(paid(february, 'cus_b'), paid(march));

    assert.equal(paymentDate(facts, payer), february);
    assert.deepEqual(otherCustomers(facts, payer), ['cus_b']);
  });

  it('is corrected by an operator', () => {
    const facts = correctFacts(factsFrom(paid(march)), 'paidAt', { to: february, note: 'date of the invoice' });

    assert.equal(paymentDate(facts), february);
  });

  it('does not exist with a correction alone', () => {
    const facts = correctFacts(factsFrom(leadCreated(january)), 'paidAt', { to: february, note: 'n' });

    assert.equal(paymentDate(facts), undefined);
  });

  it("of the replaced customer counts for the operator's choice", () => {
    const facts = relinkFacts(factsFrom(paid(march, 'cus_wrong')), payer, 'typing error');

    assert.equal(paymentDate(facts), march);
    assert.deepEqual(otherCustomers(facts), []);
    assert.deepEqual(facts.relink, { billingCustomerId: payer, insteadOf: ['cus_wrong'], note: 'typing error' });
  });

  it("counts for the operator's choice also if reported afterwards", () => {
    const facts = relinkFacts(factsFrom(trialStarted(february, 'cus_wrong')), payer, 'typing error');

    assert.equal(paymentDate(joinFacts(facts, factsFrom(paid(march, 'cus_wrong')))), march);
  });

  it("of a third customer does not count for the operator's choice", () => {
    const facts = relinkFacts(factsFrom(paid(march, 'cus_wrong'), paid(march, 'cus_x')), payer, 'typing error');

    assert.equal(paymentDate(facts), march);
    assert.deepEqual(otherCustomers(facts), ['cus_x']);
  });

  it("counts for the operator's latest choice", () => {
    const first = relinkFacts(factsFrom(paid(march, 'cus_a')), 'cus_b', 'one');

    const second = relinkFacts(first, 'cus_c', 'two');

    assert.equal(paymentDate(second), march);
    assert.deepEqual(second.relink, { billingCustomerId: 'cus_c', insteadOf: ['cus_a', 'cus_b'], note: 'two' });
  });

  it('counts for the first customer again when an operator relinks it', () => {
    const there = relinkFacts(factsFrom(paid(march, 'cus_a')), 'cus_b', 'one');

    const back = relinkFacts(there, 'cus_a', 'two');

    assert.equal(paymentDate(back), march);
    assert.deepEqual(back.relink, { billingCustomerId: 'cus_a', insteadOf: ['cus_b'], note: 'two' });
  });

  it('without a customer is of the lead itself only until a customer is named', () => {
    const inferred = factsFrom(paidByLead(february));
    assert.equal(payerId(inferred), leadId);
    assert.deepEqual(customersOf(inferred), [leadId]);

    const named = joinFacts(inferred, factsFrom(paid(march)));
    assert.equal(payerId(named), payer);
    assert.equal(paymentDate(named), february);
    assert.deepEqual(customersOf(named), [payer]);
  });

  it('by a run that began before several customers were counted has the date of its own customer', () => {
    const facts: Facts = { ...factsFrom(paid(february, 'cus_b'), paid(march)), without: { 'several-customers': true } };

    assert.equal(paymentDate(facts, payer), march);
    assert.equal(
      paymentDate({ ...factsFrom(paid(february, 'cus_b')), without: facts.without ?? {} }, payer),
      undefined,
    );
  });

  it('is pending if an operator sets the customer before any payment', () => {
    const facts = relinkFacts(factsFrom(leadCreated(january)), payer, 'known from the contract');

    assert.equal(payerId(facts), payer);
    assert.equal(paymentDate(facts), undefined);
    assert.deepEqual(facts.relink?.insteadOf, []);
  });
});

describe('the profile', () => {
  it('has the last reported value of each field, for any order of reports', () => {
    const older = leadCreated(january, { name: 'Adam', city: 'Bonn' });
    const newer = leadCreated(february, { name: 'Adam Smith' });

    assert.deepEqual(profileOf(factsFrom(older, newer)), { name: 'Adam Smith', city: 'Bonn' });
    assert.deepEqual(profileOf(factsFrom(newer, older)), { name: 'Adam Smith', city: 'Bonn' });
  });

  it('has the greater of two values with the same time', () => {
    const one = leadCreated(january, { name: 'Adam' });
    const other = leadCreated(january, { name: 'Adam Smith' });

    assert.deepEqual(profileOf(factsFrom(one, other)), { name: 'Adam Smith' });
    assert.deepEqual(profileOf(factsFrom(other, one)), { name: 'Adam Smith' });
  });

  it('is also read from trials and payments', () => {
    const trial = { ...trialStarted(february), profile: { company: 'Smith' } };
    const payment = { ...paid(march), profile: { country: 'IE' } };

    assert.deepEqual(profileOf(factsFrom(trial, payment)), { company: 'Smith', country: 'IE' });
  });

  it('is empty if nothing is known', () => {
    assert.deepEqual(profileOf(factsOf(leadCreated(january), leadId)), {});
  });
});
