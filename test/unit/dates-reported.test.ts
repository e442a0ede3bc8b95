import assert from 'node:assert/strict';
import fc from 'fast-check';
import { adoptDates, datesAgree, datesFor, type FunnelDates, reportedDates } from '../../src/domain/journey/dates.js';
import { correctFacts, leadDate, noFacts, trialDate } from '../../src/domain/journey/facts.js';
import { anyFacts, leadRecords } from './arbitraries.js';
import {
  billingId,
  factsFrom,
  february,
  january,
  leadCreated,
  leadId,
  leadsId,
  march,
  paid,
  recordOf,
  trialStarted,
} from './situations.js';

const note = 'typing error';

describe("the dates on the lead's own record", () => {
  const imported = recordOf('r', [leadsId()], { leadCreatedAt: january, freeTrialStartedAt: february });

  it('are adopted as if they were reported, since the merge would lose them', () => {
    const facts = adoptDates(factsFrom(paid(march)), imported, leadId);

    const survivor = recordOf('r', [billingId(), leadsId()], { leadCreatedAt: march });
    assert.deepEqual(datesFor(survivor, facts, leadId), { leadCreatedAt: january, freeTrialStartedAt: february });
  });

  it('are adopted individually, and only if they are earlier', () => {
    const facts = factsFrom(leadCreated('2015-01-01T00:00:00Z'), trialStarted(march));

    const adopted = adoptDates(facts, imported, leadId);

    assert.deepEqual(reportedDates(adopted), {
      leadCreatedAt: '2015-01-01T00:00:00Z',
      freeTrialStartedAt: february,
    });
  });

  it("do not replace an operator's correction", () => {
    let facts = correctFacts(factsFrom(leadCreated(january)), 'leadCreatedAt', { to: february, note });
    facts = correctFacts(facts, 'trialStartedAt', { to: march, note });

    assert.deepEqual(reportedDates(adoptDates(facts, imported, leadId)), {
      leadCreatedAt: february,
      freeTrialStartedAt: march,
    });
  });

  it('are not adopted from a record with other ids', () => {
    const facts = factsFrom(paid(march));

    assert.equal(adoptDates(facts, { ...imported, ids: [leadsId(), billingId()] }, leadId), facts);
  });

  it('change nothing when adopted again, or when already reported', () => {
    fc.assert(
      fc.property(leadRecords, anyFacts, (record, facts) => {
        const adopted = adoptDates(facts, record, leadId);
        assert.deepEqual(adoptDates(adopted, record, leadId), adopted);
        const { leadCreatedAt, freeTrialStartedAt } = reportedDates(facts);
        const reported = {
          ...record,
          ...(leadCreatedAt && { leadCreatedAt }),
          ...(freeTrialStartedAt && { freeTrialStartedAt }),
        };
        if (leadCreatedAt && freeTrialStartedAt) assert.deepEqual(adoptDates(facts, reported, leadId), facts);
      }),
    );
  });
});

describe('the reported dates', () => {
  it('are the dates of a new record', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { leadCreatedAt, freeTrialStartedAt } = reportedDates(facts);
        assert.deepEqual([leadCreatedAt, freeTrialStartedAt], [leadDate(facts), trialDate(facts)]);
      }),
    );
  });

  it('omit unknown dates', () => {
    assert.deepEqual(reportedDates(factsFrom(leadCreated(january))), { leadCreatedAt: january });
    assert.deepEqual(reportedDates(noFacts), {});
  });
});

describe('dates agree with a record', () => {
  const dates = { leadCreatedAt: january, freeTrialStartedAt: february };
  const cases: [what: string, carried: FunnelDates, agrees: boolean][] = [
    ['if both are the same', dates, true],
    ['not if the lead date differs', { ...dates, leadCreatedAt: march }, false],
    ['not if the trial date differs', { ...dates, freeTrialStartedAt: march }, false],
    ['not if one is missing', { leadCreatedAt: january }, false],
    ['not if both are missing', {}, false],
  ];
  for (const [what, carried, agrees] of cases) {
    it(what, () => {
      assert.equal(datesAgree(recordOf('r', [leadsId()], carried), dates), agrees);
    });
  }
});
