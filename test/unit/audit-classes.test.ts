import assert from 'node:assert/strict';
import { auditClasses, auditClassNames, isDifference, isMendable } from '../../src/domain/audit/classes.js';
import { commandFor } from '../../src/domain/audit/commands.js';
import {
  expectationOf,
  joinExpectations,
  knowledgeWith,
  type ShownJourney,
} from '../../src/domain/audit/expectation.js';
import { isSecondRecord, judge, severalRecords, type Verdict, withoutPayer } from '../../src/domain/audit/judge.js';
import { attentionSentences } from '../../src/domain/journey/attention.js';
import { noFacts } from '../../src/domain/journey/facts.js';
import type { CustomerRecord } from '../../src/domain/journey/records.js';
import { afterAnswer } from '../../src/domain/journey/step-answers.js';
import {
  billingId,
  bothId,
  february,
  january,
  laterInFebruary,
  leadId,
  leadsId,
  otherId,
  payer,
  recordOf,
} from './situations.js';

const now = '2020-01-01T00:00:00Z';
const waiting: ShownJourney = { stage: 'lead', leadCreatedAt: january };
const paid: ShownJourney = {
  ...{ stage: 'paid', leadCreatedAt: january, trialStartedAt: february },
  ...{ paidAt: laterInFebruary, billingCustomerId: payer },
};
const proven: ShownJourney = { ...paid, stage: 'proven', mergedAt: laterInFebruary };
const dates = { leadCreatedAt: january, freeTrialStartedAt: february };
const merged = (more: object = {}) => recordOf('uuid_payer', [billingId(), leadsId()], { ...dates, ...more });
const alone = (more: object = {}) => recordOf('uuid_lead', [leadsId()], { ...dates, ...more });

/** The verdict after the lookups of the lead and its customer have shown these records. */
function verdictOf(shown: ShownJourney, lead: CustomerRecord, payerRecord?: CustomerRecord): Verdict {
  const known = knowledgeWith(expectationOf(shown), leadId, lead, now);
  const first = judge(leadId, known);
  if ('verdict' in first) return first.verdict;
  assert.equal(first.look.do, 'findPayingCustomer');
  if (payerRecord === undefined || first.look.do !== 'findPayingCustomer') return withoutPayer(known);
  const second = judge(leadId, afterAnswer(known, leadId, first.look, payerRecord, now));
  return 'verdict' in second ? second.verdict : assert.fail('another lookup');
}

describe('the class of a lead', () => {
  const ownPayer = recordOf('uuid_payer', [billingId()], { leadCreatedAt: february });
  const cases: Readonly<Record<string, [Verdict['class'], ShownJourney, CustomerRecord, CustomerRecord?]>> = {
    'with its record as it must be': ['ok', proven, merged()],
    'that waits, with its own record': ['ok', waiting, recordOf('uuid', [leadsId()], { leadCreatedAt: january })],
    'with customers in the same source': ['ok', waiting, recordOf('uuid', [bothId()], { leadCreatedAt: january })],
    'with a later lead date': ['dates-differ', proven, merged({ leadCreatedAt: february })],
    'without dates': ['dates-differ', proven, recordOf('uuid', [billingId(), leadsId()])],
    'with an earlier lead date': ['foreign-date', proven, merged({ leadCreatedAt: '2015-01-01T00:00:00Z' })],
    'with an earlier trial date, which also dates the lead': [
      ...(['foreign-date', proven] as const),
      merged({ freeTrialStartedAt: '2015-01-01T00:00:00Z' }),
    ],
    'whose record is not merged any more': ['unmerged', proven, alone(), ownPayer],
    'whose record is not merged any more, and has other dates': [
      ...(['unmerged', proven] as const),
      ...([recordOf('uuid', [leadsId()]), ownPayer] as const),
    ],
    'whose record was never merged': ['not-merged', paid, alone(), ownPayer],
    'whose customer has no record': ['not-merged', paid, alone()],
    'that is merged with somebody else': [
      ...(['merged-elsewhere', proven] as const),
      recordOf('uuid', [billingId('cus_else'), leadsId()], dates),
    ],
    'that is merged with a record of another source': [
      ...(['merged-elsewhere', waiting] as const),
      recordOf('uuid', [otherId('x'), leadsId()], { leadCreatedAt: february }),
    ],
  };
  for (const [name, [wanted, shown, lead, payerRecord]] of Object.entries(cases)) {
    it(`${name} is ${wanted}`, () => {
      assert.equal(verdictOf(shown, lead, payerRecord).class, wanted);
    });
  }

  it('tells the expected and the actual dates, and who has set them as far as can be told', () => {
    const { expected, actual, detail } = verdictOf(proven, merged({ leadCreatedAt: february }));
    assert.deepEqual([expected, actual], [dates, { leadCreatedAt: february, freeTrialStartedAt: february }]);
    assert.equal(detail, 'set by a person or another tool');
    assert.equal(verdictOf(proven, recordOf('uuid', [billingId(), leadsId()])).detail, 'both dates are empty');
    const other = recordOf('uuid', [billingId(), leadsId(), leadsId('a@example.com')], { leadCreatedAt: february });
    assert.equal(verdictOf(proven, other).detail, 'the record also has the lead (withheld)');
  });

  it('is two-records if a lookup finds several', () => {
    assert.deepEqual(severalRecords(['uuid_1', 'uuid_2']), { class: 'two-records', detail: 'uuid_1, uuid_2' });
  });

  it('may be counted twice only if no report has named its customer', () => {
    const second = recordOf('uuid', [billingId(leadId)]);
    const knownAs = (shown: ShownJourney) => knowledgeWith(expectationOf(shown), leadId, alone(), now);
    assert.equal(isSecondRecord(leadId, knownAs(waiting), second), true);
    assert.equal(isSecondRecord(leadId, knownAs(paid), second), false);
    assert.equal(isSecondRecord(leadId, knownAs(waiting), recordOf('uuid', [billingId(leadId), leadsId()])), false);
  });
});

describe('what is expected of a lead', () => {
  it('is known from a trial if its customer has not paid', () => {
    const { facts } = expectationOf({ ...waiting, trialStartedAt: february, billingCustomerId: payer });
    assert.deepEqual(facts.billingTrials, [{ billingCustomerId: payer, at: february }]);
  });

  it('is what a restarted journey begins with, and not a date that only the record has shown', () => {
    const { facts } = expectationOf(proven, { leadCreatedAt: january, corrections: {} });
    assert.deepEqual([facts.leadCreatedAt, facts.trialStartedAt], [january, undefined]);
  });

  it('is joined from a journey and a file', () => {
    const file = { facts: { ...noFacts, leadCreatedAt: '2016-01-01T00:00:00Z' }, wasMerged: false };
    const joined = joinExpectations(expectationOf(proven), file);
    assert.deepEqual([joined.facts.leadCreatedAt, joined.wasMerged], ['2016-01-01T00:00:00Z', true]);
    assert.deepEqual(joined.facts.payments, [{ billingCustomerId: payer, at: laterInFebruary }]);
  });
});

describe('the classes of an audit', () => {
  it('are differences but for two, and a journey removes some of these', () => {
    const others = auditClassNames.filter((name) => !isDifference(name));
    assert.deepEqual(others, ['ok', 'in-progress']);
    assert.ok(auditClassNames.filter(isMendable).every(isDifference));
    assert.equal(auditClassNames.length, Object.keys(auditClasses).length);
  });

  it('have either a command that a person decides about, or are mended, or need a change in the billing system', () => {
    for (const name of auditClassNames) {
      const needsCommand = isDifference(name) && !isMendable(name) && name !== 'trial-ignored';
      assert.equal(commandFor(name, 'lead_1') !== undefined, needsCommand, name);
    }
  });

  it('quote ids for a shell in their commands', () => {
    assert.equal(commandFor('attention', "a'; rm -rf /"), "customer-journey show 'a'\\''; rm -rf /'");
    assert.equal(commandFor('attention', 'ada+1@example.com'), 'customer-journey show ada+1@example.com');
  });

  it('have a name that is no attention code, but for attention itself and those of the same cause', () => {
    const same = auditClassNames.filter((name) => Object.hasOwn(attentionSentences, name));
    assert.deepEqual(same, ['merged-elsewhere', 'foreign-date']);
  });
});
