import assert from 'node:assert/strict';
import { addPreviousResult, correctFacts, noFacts, payerId, paymentDate } from '../../src/domain/journey/facts.js';
import { factsFrom, february, january, leadCreated, march, payer, trialStarted } from './situations.js';

const previous = { leadCreatedAt: january, paidAt: march, billingCustomerId: payer, corrections: {} };

describe('the result of an earlier journey', () => {
  it('restores the payer, its payment and the dates', () => {
    const facts = addPreviousResult(factsFrom(trialStarted(february)), previous);

    assert.equal(payerId(facts), payer);
    assert.equal(paymentDate(facts), march);
    assert.equal(facts.leadCreatedAt, january);
    assert.equal(facts.trialStartedAt, february);
  });

  it('restores no payment if only the billing customer of a trial was known', () => {
    const facts = addPreviousResult(noFacts, { billingCustomerId: payer, corrections: {} });

    assert.deepEqual(facts, noFacts);
  });

  it('keeps corrections, unless they were corrected again', () => {
    const earlier = { leadCreatedAt: { to: february, note: 'then' } };
    const again = correctFacts(factsFrom(leadCreated(january)), 'leadCreatedAt', { to: march, note: 'now' });

    assert.deepEqual(addPreviousResult(noFacts, { corrections: earlier }).corrections, earlier);
    assert.equal(addPreviousResult(again, { corrections: earlier }).corrections.leadCreatedAt?.to, march);
  });
});
