import assert from 'node:assert/strict';
import fc from 'fast-check';
import { datesAgree, datesFor, reportedDates } from '../../src/domain/journey/dates.js';
import { correctFacts, noFacts } from '../../src/domain/journey/facts.js';
import { runs } from '../support/runs.js';
import { anyFacts, leadRecords, reportedFacts } from './arbitraries.js';
import {
  billingId,
  bothId,
  factsFrom,
  february,
  january,
  laterInFebruary,
  leadCreated,
  leadId,
  leadsId,
  march,
  otherId,
  paid,
  recordOf,
  trialStarted,
} from './situations.js';

const note = 'typing error';

describe('the dates that a record must have', () => {
  it('are the reported dates if the record has none', () => {
    const facts = factsFrom(leadCreated(january), trialStarted(february));

    assert.deepEqual(datesFor(recordOf('r', [leadsId()]), facts, leadId), {
      leadCreatedAt: january,
      freeTrialStartedAt: february,
    });
  });

  it('keep the January lead date when Stripe filled in February', () => {
    const facts = factsFrom(leadCreated(january), trialStarted(february), paid(march));
    const survivor = recordOf('r', [billingId(), leadsId()], {
      leadCreatedAt: laterInFebruary,
      freeTrialStartedAt: laterInFebruary,
    });

    assert.deepEqual(datesFor(survivor, facts, leadId), { leadCreatedAt: january, freeTrialStartedAt: february });
  });

  it('keep earlier dates on the record, for another lead of the same payer', () => {
    const facts = factsFrom(leadCreated(february), trialStarted(march));
    const shared = recordOf('r', [billingId(), leadsId('lead_2'), leadsId()], {
      leadCreatedAt: january,
      freeTrialStartedAt: laterInFebruary,
    });

    assert.deepEqual(datesFor(shared, facts, leadId), {
      leadCreatedAt: january,
      freeTrialStartedAt: laterInFebruary,
    });
  });

  it('are the dates on the record if none were reported', () => {
    const dates = { leadCreatedAt: january, freeTrialStartedAt: february };

    assert.deepEqual(datesFor(recordOf('r', [leadsId()], dates), factsFrom(paid(march)), leadId), dates);
  });

  it('are empty if no date is known', () => {
    assert.deepEqual(datesFor(recordOf('r', [leadsId()]), noFacts, leadId), {});
  });

  it("use the record's trial date as the lead date if the lead date is later or missing", () => {
    const withTrial = recordOf('r', [leadsId()], { freeTrialStartedAt: february });

    assert.equal(datesFor(withTrial, noFacts, leadId).leadCreatedAt, february);
    assert.equal(datesFor(withTrial, factsFrom(leadCreated(march)), leadId).leadCreatedAt, february);
  });

  it('do not depend on the payment', () => {
    const record = recordOf('r', [leadsId()]);

    const withPayment = datesFor(record, factsFrom(leadCreated(february), paid(january)), leadId);

    assert.deepEqual(withPayment, { leadCreatedAt: february });
  });

  it('are moved later by a correction', () => {
    const record = recordOf('r', [leadsId()], { leadCreatedAt: january, freeTrialStartedAt: february });
    let facts = factsFrom(leadCreated(january), trialStarted(february));
    facts = correctFacts(facts, 'leadCreatedAt', { to: february, note });
    facts = correctFacts(facts, 'trialStartedAt', { to: march, note });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: february, freeTrialStartedAt: march });
  });

  it('are corrected on the record that is merged with the payer and other sources too', () => {
    const record = recordOf('r', [billingId(), otherId('x_1'), leadsId()], { leadCreatedAt: january });
    const facts = correctFacts(factsFrom(leadCreated(january)), 'leadCreatedAt', { to: february, note });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: february });
  });

  it('are not moved later by a correction if another lead shares the record', () => {
    const record = recordOf('r', [billingId(), leadsId('lead_2'), leadsId()], {
      leadCreatedAt: january,
      freeTrialStartedAt: february,
    });
    let facts = factsFrom(leadCreated(january), trialStarted(february));
    facts = correctFacts(facts, 'leadCreatedAt', { to: february, note });
    facts = correctFacts(facts, 'trialStartedAt', { to: march, note });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: january, freeTrialStartedAt: february });
  });

  it('are not moved later if another lead shares the record and all customers are in one source', () => {
    const record = recordOf('r', [bothId(), bothId('lead_2')], { leadCreatedAt: january });
    const facts = correctFacts(factsFrom(leadCreated(january)), 'leadCreatedAt', { to: february, note });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: january });
  });

  it('are moved earlier by a correction even if another lead shares the record', () => {
    const record = recordOf('r', [leadsId('lead_2'), leadsId()], { leadCreatedAt: february });
    const facts = correctFacts(factsFrom(leadCreated(february)), 'leadCreatedAt', { to: january, note });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: january });
  });

  it('drop a lead date that is a copy of a corrected trial date', () => {
    const copied = recordOf('r', [leadsId()], { leadCreatedAt: january, freeTrialStartedAt: january });
    const facts = correctFacts(factsFrom(trialStarted(january)), 'trialStartedAt', { to: march, note });

    assert.deepEqual(datesFor(copied, facts, leadId), { leadCreatedAt: march, freeTrialStartedAt: march });
  });

  it('keep a reported lead date when the trial of the same day is corrected', () => {
    const record = recordOf('r', [leadsId()], { leadCreatedAt: january, freeTrialStartedAt: january });
    const facts = correctFacts(factsFrom(leadCreated(january), trialStarted(january)), 'trialStartedAt', {
      to: march,
      note,
    });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: january, freeTrialStartedAt: march });
  });

  it('keep a separate lead date when the trial is corrected', () => {
    const record = recordOf('r', [leadsId()], { leadCreatedAt: january, freeTrialStartedAt: february });
    const facts = correctFacts(factsFrom(trialStarted(february)), 'trialStartedAt', { to: march, note });

    assert.deepEqual(datesFor(record, facts, leadId), { leadCreatedAt: january, freeTrialStartedAt: march });
  });

  it('keep a copied lead date if it may belong to another lead', () => {
    const shared = recordOf('r', [leadsId('lead_2'), leadsId()], {
      leadCreatedAt: january,
      freeTrialStartedAt: january,
    });
    const facts = correctFacts(factsFrom(trialStarted(january)), 'trialStartedAt', { to: march, note });

    assert.deepEqual(datesFor(shared, facts, leadId), { leadCreatedAt: january, freeTrialStartedAt: january });
  });

  it('agree with a record that has them, so that nothing is written twice', () => {
    fc.assert(
      fc.property(leadRecords, anyFacts, (record, facts) => {
        const dates = datesFor(record, facts, leadId);
        const written = { ...record, ...dates };
        assert.deepEqual(datesFor(written, facts, leadId), dates);
        assert.ok(datesAgree(written, dates));
      }),
      { numRuns: runs(300) },
    );
  });

  it('never contain a trial date without a lead date, which ChartMogul would fill in', () => {
    fc.assert(
      fc.property(leadRecords, anyFacts, (record, facts) => {
        for (const dates of [datesFor(record, facts, leadId), reportedDates(facts)]) {
          assert.ok(dates.freeTrialStartedAt === undefined || dates.leadCreatedAt !== undefined);
        }
      }),
    );
  });

  it('never drop a date of the record', () => {
    fc.assert(
      fc.property(leadRecords, anyFacts, (record, facts) => {
        const dates = datesFor(record, facts, leadId);
        assert.ok(record.leadCreatedAt === undefined || dates.leadCreatedAt !== undefined);
        assert.ok(record.freeTrialStartedAt === undefined || dates.freeTrialStartedAt !== undefined);
      }),
    );
  });

  it('are never moved later by a report', () => {
    fc.assert(
      fc.property(leadRecords, reportedFacts, (record, facts) => {
        const dates = datesFor(record, facts, leadId);
        for (const date of ['leadCreatedAt', 'freeTrialStartedAt'] as const) {
          const [before, after] = [record[date], dates[date]];
          assert.ok(before === undefined || (after !== undefined && after <= before));
        }
      }),
    );
  });
});
