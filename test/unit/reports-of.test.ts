import assert from 'node:assert/strict';
import { type Facts, factsOf, joinFacts, noFacts } from '../../src/domain/journey/facts.js';
import type { Report } from '../../src/domain/journey/reports.js';
import { messagesOf } from '../../src/domain/journey/reports-of.js';

const leadId = 'lead_1';
const [january, february, march] = ['2016-01-05T00:00:00Z', '2016-02-10T00:00:00Z', '2016-03-25T00:00:00Z'];

/** The facts of some reports. */
function known(...reports: Report[]): Facts {
  return reports.map((report) => factsOf(report, leadId)).reduce(joinFacts, noFacts);
}

/** What a journey knows after it has received the messages. */
function received(facts: Facts): Facts {
  const reports = messagesOf(facts).flatMap(({ leadCreated, trialStarted, paymentSucceeded }): Report[] => [
    ...(leadCreated ? [{ kind: 'leadCreated' as const, ...leadCreated }] : []),
    ...(trialStarted ? [{ kind: 'trialStarted' as const, ...trialStarted }] : []),
    ...(paymentSucceeded ? [{ kind: 'paymentSucceeded' as const, ...paymentSucceeded }] : []),
  ]);
  return known(...reports);
}

describe('the messages of a lead', () => {
  const cases: Record<string, Report[]> = {
    'a lead': [{ kind: 'leadCreated', occurredAt: january, profile: { name: 'Adam' } }],
    'a payment without a customer': [{ kind: 'paymentSucceeded', occurredAt: march }],
    'a trial of a customer, and a later one of its own': [
      { kind: 'trialStarted', occurredAt: january, billingCustomerId: 'cus_1' },
      { kind: 'trialStarted', occurredAt: february },
    ],
    'several customers': [
      { kind: 'leadCreated', occurredAt: january },
      { kind: 'trialStarted', occurredAt: february, billingCustomerId: 'cus_2' },
      { kind: 'paymentSucceeded', occurredAt: february, billingCustomerId: 'cus_1' },
      { kind: 'paymentSucceeded', occurredAt: march, billingCustomerId: 'cus_2' },
    ],
  };
  for (const [name, reports] of Object.entries(cases)) {
    it(`say all that is known of ${name}`, () => {
      const facts = known(...reports);
      assert.deepEqual(received(facts), facts);
    });
  }
});
