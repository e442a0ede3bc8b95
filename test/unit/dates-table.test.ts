import assert from 'node:assert/strict';
import { adoptDates, datesFor, type FunnelDates, foreignDates } from '../../src/domain/journey/dates.js';
import type { Facts } from '../../src/domain/journey/facts.js';
import type { CustomerRecord } from '../../src/domain/journey/records.js';
import { billingId, factsFrom, leadCreated, leadId, leadsId, recordOf, trialStarted } from './situations.js';

const own = '2016-02-10T00:00:00Z';
const early = '2016-01-02T00:00:00Z';
const late = '2016-03-01T00:00:00Z';

/** What becomes of a date on the record: kept as another lead's or the payer's, replaced by the own one, or foreign. */
type End = 'own' | 'kept' | 'foreign';

interface Row {
  /** Who set the date on the record. */
  readonly author: string;
  readonly earlier: End;
  /** The journey has no date of its own. */
  readonly none: End;
  readonly facts?: (facts: Facts, standing: FunnelDates) => Facts;
  readonly record?: Partial<CustomerRecord>;
}

const merged = [billingId(), leadsId()];

/** The table in docs/journey.md, "Dates". */
const table: readonly Row[] = [
  {
    author: 'this lead: its own record, before the merge',
    earlier: 'kept',
    none: 'kept',
    facts: (facts, standing) => adoptDates(facts, recordOf('lead', [leadsId()], standing), leadId),
  },
  {
    author: 'another lead in the record',
    earlier: 'kept',
    none: 'kept',
    record: { ids: [...merged, leadsId('lead_2')] },
  },
  {
    author: 'another lead, which left the record',
    earlier: 'own',
    none: 'foreign',
    facts: (facts) => ({ ...facts, otherLeads: ['lead_2'] }),
  },
  {
    author: 'another lead, which left the record, and the setting is keep',
    earlier: 'own',
    none: 'kept',
    facts: (facts) => ({ ...facts, otherLeads: ['lead_2'] }),
    record: { foreignDates: 'keep' },
  },
  {
    author: "the billing system or an import: the paying customer's record, before the merge",
    earlier: 'kept',
    none: 'kept',
    facts: (facts, payerDates) => ({ ...facts, payerDates }),
  },
  { author: 'nobody known', earlier: 'foreign', none: 'kept' },
  { author: 'nobody known, and the setting is keep', earlier: 'kept', none: 'kept', record: { foreignDates: 'keep' } },
  {
    author: 'nobody known, and the setting is replace',
    earlier: 'own',
    none: 'kept',
    record: { foreignDates: 'replace' },
  },
];

for (const { name, field, report } of [
  { name: 'lead date', field: 'leadCreatedAt', report: leadCreated },
  { name: 'trial date', field: 'freeTrialStartedAt', report: trialStarted },
] as const) {
  describe(`a ${name} on a merged record`, () => {
    for (const { author, earlier, none, facts: known = (facts: Facts) => facts, record: change } of table) {
      const judged = (reported: Facts, standing: FunnelDates) => {
        const record = { ...recordOf('merged', merged, standing), ...change };
        const facts = known(reported, standing);
        const isForeign = foreignDates(record, facts, leadId)[field] !== undefined;
        return { wanted: datesFor(record, facts, leadId)[field], isForeign };
      };
      const end = (is: End, standing: string) => ({
        wanted: is === 'own' ? own : standing,
        isForeign: is === 'foreign',
      });

      it(`set by ${author}, is ${earlier} if it is earlier`, () => {
        assert.deepEqual(judged(factsFrom(report(own)), { [field]: early }), end(earlier, early));
      });

      it(`set by ${author}, is replaced if it is later`, () => {
        assert.deepEqual(judged(factsFrom(report(own)), { [field]: late }), end('own', late));
      });

      it(`set by ${author}, is ${none} if the journey has none`, () => {
        assert.deepEqual(judged(factsFrom(), { [field]: early }), end(none, early));
      });

      it(`not set, is written; author otherwise ${author}`, () => {
        assert.deepEqual(judged(factsFrom(report(own)), {}), end('own', own));
      });
    }
  });
}

/** The merge may have brought the dates, so none of them counts as the lead's own. */
describe('a date on the record of a lead that was unmerged', () => {
  const own = { leadCreatedAt: '2016-02-10T00:00:00Z', freeTrialStartedAt: '2016-02-12T00:00:00Z' };
  const reported = factsFrom(leadCreated(own.leadCreatedAt), trialStarted(own.freeTrialStartedAt));
  const left = { leadCreatedAt: early, freeTrialStartedAt: '2016-01-03T00:00:00Z' };
  const after = { leadCreatedAt: late, freeTrialStartedAt: '2016-03-02T00:00:00Z' };
  const record = (standing: FunnelDates, foreignDates?: 'keep' | 'replace'): CustomerRecord => ({
    ...recordOf('lead', [leadsId()], standing),
    isUnmerged: true,
    ...(foreignDates && { foreignDates }),
  });

  for (const setting of [undefined, 'keep', 'replace'] as const) {
    it(`is replaced by the journey's own, earlier or later; the setting is ${setting ?? 'ask'}`, () => {
      for (const standing of [left, after, {}]) {
        assert.deepEqual(datesFor(record(standing, setting), reported, leadId), own);
        assert.deepEqual(foreignDates(record(standing, setting), reported, leadId), {});
      }
    });

    const end = setting === 'keep' ? 'kept' : 'foreign';
    it(`is ${end} if the journey has none; the setting is ${setting ?? 'ask'}`, () => {
      const standing = record(left, setting);
      assert.deepEqual(datesFor(standing, factsFrom(), leadId), left);
      assert.deepEqual(foreignDates(standing, factsFrom(), leadId), setting === 'keep' ? {} : left);
    });
  }

  it('is not adopted', () => {
    assert.deepEqual(adoptDates(reported, record(left), leadId), reported);
  });
});

describe('a trial date on a merged record', () => {
  const facts = factsFrom(leadCreated(early), trialStarted(own));
  const foreignAt = (freeTrialStartedAt: string) =>
    foreignDates(recordOf('merged', merged, { leadCreatedAt: early, freeTrialStartedAt }), facts, leadId);

  it('less than a day before the reported one is the same trial, as the billing system dates it', () => {
    assert.deepEqual(foreignAt('2016-02-09T00:00:01Z'), {});
    assert.deepEqual(foreignAt('2016-02-09T00:00:00Z'), { freeTrialStartedAt: '2016-02-09T00:00:00Z' });
  });

  it("that left with its lead is replaced by the payer's own, which is earlier than the reported one", () => {
    const payerTrial = '2016-01-20T00:00:00Z';
    const known = { ...facts, payerDates: { freeTrialStartedAt: payerTrial }, otherLeads: ['lead_2'] };
    const record = recordOf('merged', merged, { leadCreatedAt: early, freeTrialStartedAt: '2016-01-10T00:00:00Z' });
    assert.equal(datesFor(record, known, leadId).freeTrialStartedAt, payerTrial);
  });

  it('is what an operator corrected it to, whoever set it', () => {
    const corrected = { ...facts, corrections: { trialStartedAt: { to: late, note: 'typed wrong' } } };
    const record = recordOf('merged', merged, { leadCreatedAt: early, freeTrialStartedAt: early });
    assert.equal(datesFor(record, corrected, leadId).freeTrialStartedAt, late);
    assert.deepEqual(foreignDates(record, corrected, leadId), {});
  });
});
