import assert from 'node:assert/strict';
import type { FunnelDates } from '../../src/domain/journey/dates.js';
import { type Facts, relinkFacts } from '../../src/domain/journey/facts.js';
import { nothingObserved, type Observations } from '../../src/domain/journey/next-step.js';
import { unmergedNotices } from '../../src/domain/journey/notices.js';
import type { CustomerRecord } from '../../src/domain/journey/records.js';
import {
  afterFailures,
  afterUnmerge,
  beginUnmerge,
  type DatesOfLead,
  type Unmerging,
  unmergedResult,
  unmergeStep,
} from '../../src/domain/journey/unmerging.js';
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
  payer,
  recordOf,
} from './situations.js';

const note = 'a colleague paid';
const alone = recordOf('own', [leadsId()], { leadCreatedAt: january });
const none = { leadCreatedAt: null, freeTrialStartedAt: null };
const reported = factsFrom(leadCreated(january), paid(laterInFebruary));
const known: Observations = { ...nothingObserved, leadRecord: 'created', isPreviousResultKnown: true };

/** The lead has left this record. */
function left(record: CustomerRecord, facts: Facts, unmerging: Partial<Unmerging> = {}) {
  const observed = { ...known, lead: alone, pinnedPayer: payer, wasMerged: true } as const;
  return { facts, observed, unmerging: { note, left: record, ...unmerging } };
}

const withPayerDates = (payerDates: FunnelDates): Facts => ({ ...reported, payerDates });
const shared = recordOf('rest', [billingId(), leadsId(), leadsId('lead_2')], { leadCreatedAt: january });

describe('the record that an unmerged lead has left', () => {
  const rest = recordOf('rest', [billingId(), leadsId()], { leadCreatedAt: january, freeTrialStartedAt: february });
  const restoreLeft = (dates: object) => ({ do: 'restoreDates', uuid: 'rest', dates, of: 'left' });

  it('gets the dates of the paying customer back, and keeps a date that was set since', () => {
    const before = { leadCreatedAt: february };
    assert.deepEqual(
      unmergeStep(leadId, left(rest, withPayerDates(before))),
      restoreLeft({ ...before, freeTrialStartedAt: february }),
    );
    const empty = left({ ...rest, leadCreatedAt: january }, withPayerDates({}));
    assert.deepEqual(unmergeStep(leadId, empty), restoreLeft({ ...none, freeTrialStartedAt: february }));
  });

  for (const [what, record, facts] of [
    ['the customer was never observed before the merge', rest, reported],
    [
      'it is of a stranger',
      recordOf('rest', [billingId('cus_x'), leadsId()]),
      withPayerDates({ leadCreatedAt: march }),
    ],
    ['it is of another source', recordOf('rest', [otherId('x_1'), leadsId()]), reported],
  ] as const) {
    it(`is not changed if its dates are not known: ${what}`, () => {
      const step = unmergeStep(leadId, left(record, facts));

      assert.deepEqual(step, {
        do: 'restoreDates',
        uuid: 'own',
        dates: { ...none, leadCreatedAt: january },
        of: 'lead',
      });
      const { left: shown } = unmergedResult(leadId, left(record, facts), march);
      assert.equal(shown?.problem, 'unknown-dates');
    });
  }

  it('gets the dates of its other leads, and those of the customer that their journeys know', () => {
    const asked = unmergeStep(leadId, left(shared, reported));
    const lead: DatesOfLead = {
      leadId: 'lead_2',
      own: { leadCreatedAt: march },
      payer: { billingCustomerId: payer, dates: { freeTrialStartedAt: february, leadCreatedAt: february } },
    };

    assert.deepEqual(asked, { do: 'findDatesOfLeads', leadIds: ['lead_2'] });
    assert.deepEqual(
      unmergeStep(leadId, left(shared, reported, { others: [lead] })),
      restoreLeft({ leadCreatedAt: february, freeTrialStartedAt: february }),
    );
  });

  it('is not changed if the dates of another lead in it are not known', () => {
    const step = unmergeStep(leadId, left(shared, withPayerDates({}), { others: [{ leadId: 'lead_2' }] }));
    assert.ok(step.do === 'restoreDates' && step.of === 'lead');
  });

  it('may hold only other leads', () => {
    const record = recordOf('rest', [leadsId(), leadsId('lead_2')], { leadCreatedAt: january });
    const step = unmergeStep(
      leadId,
      left(record, reported, { others: [{ leadId: 'lead_2', own: { leadCreatedAt: march } }] }),
    );
    assert.deepEqual(step, restoreLeft({ leadCreatedAt: march, freeTrialStartedAt: null }));
  });

  it('is not the own record of the lead, should ChartMogul leave the UUID to the lead', () => {
    const step = unmergeStep(leadId, left({ ...rest, uuid: 'own' }, withPayerDates({})));
    assert.ok(step.do === 'restoreDates' && step.of === 'lead');
  });

  it('is tried again after an answer that it does not exist', () => {
    const refusal = { step: 'restoreDates', uuid: 'rest', status: 404 } as const;
    const { observed, ...situation } = left(rest, withPayerDates({}));
    const step = unmergeStep(leadId, { ...situation, observed: { ...observed, refusal } });
    assert.ok(step.do === 'raise-attention' && step.goal === 'unmerge' && step.code === 'refused');
  });
});

describe('an unmerge', () => {
  it('waits for a merge that was requested and is not shown', () => {
    const asked = { ...known, lead: alone, pinnedPayer: payer, mergeAskedInto: 'rest' };
    const begun = beginUnmerge({ facts: reported, observed: asked }, note, { isMerging: false });

    assert.deepEqual(begun, { observed: { ...known, pinnedPayer: payer }, unmerging: { note, mayMerge: true } });
    const found = { billingCustomerId: payer, record: recordOf('rest', [billingId()]) };
    const observed = { ...begun.observed, lead: alone, payer: found };
    assert.deepEqual(unmergeStep(leadId, { facts: reported, ...begun, observed }), {
      do: 'confirmMerge',
      into: 'rest',
    });
  });

  it('does not wait for a merge that is shown, and for none that failed for good', () => {
    const merged = recordOf('rest', [billingId(), leadsId()]);
    const observed = { ...known, lead: merged, pinnedPayer: payer, mergeAskedInto: 'rest', mergedWith: payer };
    assert.deepEqual(beginUnmerge({ facts: reported, observed }, note, { isMerging: false }).unmerging, { note });

    const failure = (code: 'merge-unconfirmed' | 'payer-not-found' | 'unavailable') =>
      [{ goal: 'merge', step: 'confirmMerge', code, since: march, slowTries: 0 }] as const;
    const waiting = { note, mayMerge: true } as const;
    assert.deepEqual(afterFailures(waiting, failure('merge-unconfirmed')), { note });
    assert.deepEqual(afterFailures(waiting, failure('payer-not-found')), { note, isPayerMissing: true });
    assert.equal(afterFailures(waiting, failure('unavailable')), waiting);
  });

  it('ends if there is nothing to take back, and looks up both records again', () => {
    const observed = { ...known, lead: alone };
    const situation = { facts: reported, observed, unmerging: { note } };

    assert.deepEqual(unmergeStep(leadId, situation), { do: 'end-unmerge', outcome: 'nothing-merged' });
    assert.deepEqual(afterUnmerge(leadId, situation, 'nothing-merged'), { facts: reported, observed: known });
  });

  it('looks for a record that ChartMogul does not show under the id of the lead, but not for one that never was', () => {
    const hidden = { ...known, lead: 'none' } as const;
    const step = (observed: Observations, facts: Facts) =>
      unmergeStep(leadId, { facts, observed, unmerging: { note } });
    const found = { billingCustomerId: payer, record: recordOf('rest', [billingId()]) };

    assert.deepEqual(step(hidden, reported), { do: 'findPayingCustomer', billingCustomerId: payer });
    assert.deepEqual(step({ ...hidden, payer: found }, reported), { do: 'end-unmerge', outcome: 'no-record' });
    assert.deepEqual(step({ ...hidden, leadRecord: 'not-made' }, reported), {
      do: 'end-unmerge',
      outcome: 'no-record',
    });
  });

  it('also ends if the record of the lead was deleted meanwhile', () => {
    const { observed, ...situation } = left(recordOf('rest', [billingId(), leadsId()]), withPayerDates({}), {
      restored: recordOf('rest', [billingId()]),
    });
    const step = unmergeStep(leadId, { ...situation, observed: { ...observed, lead: 'none' } });
    assert.deepEqual(step, { do: 'end-unmerge', outcome: 'unmerged' });
  });

  it('separates the lead from all customers in the record, and a relink takes over the payment', () => {
    const record = recordOf('rest', [billingId(), billingId('cus_2'), leadsId()]);
    const confirmed = { ...withPayerDates({}), samePerson: ['cus_2', 'cus_3'] };
    const situation = left(record, confirmed, { restored: 'gone', isLeadRestored: true });

    const { facts, observed } = afterUnmerge(leadId, situation, 'unmerged');

    assert.deepEqual(
      facts.withdrawals?.map(({ billingCustomerId }) => billingCustomerId),
      [payer, 'cus_2'],
    );
    assert.deepEqual([facts.samePerson, facts.payerDates], [['cus_3'], undefined]);
    assert.deepEqual([observed.pinnedPayer, observed.wasMerged, observed.lead], [undefined, true, undefined]);
    assert.deepEqual(relinkFacts(facts, 'cus_4', note).relink?.insteadOf, ['cus_2', payer]);
    assert.equal(unmergedResult(leadId, situation, march).left, undefined);
  });

  it('separates the lead from its customer in a common data source', () => {
    const record = recordOf('rest', [bothId(payer), bothId()]);
    const situation = left(record, withPayerDates({}), {
      restored: recordOf('rest', [bothId(payer)]),
      isLeadRestored: true,
    });
    assert.deepEqual(unmergedResult(leadId, situation, march).billingCustomerIds, [payer]);
  });
});

describe('the notice of an unmerge', () => {
  const unmerged = { note, at: march, billingCustomerIds: [payer] };

  it('says which record has which dates, and what to do', () => {
    const problem = (problem: 'unknown-dates' | 'not-cleared', dates: FunnelDates) =>
      unmergedNotices({ ...unmerged, left: { uuid: 'rest', dates, problem } })[0]?.text ?? '';

    assert.match(
      problem('unknown-dates', {}),
      /not known which dates the record rest of cus_9TSL.* neither a lead date/,
    );
    assert.match(
      problem('not-cleared', { leadCreatedAt: january }),
      /did not put back .* lead date 2016-01-05.* there\.$/,
    );
  });

  it('is absent if all is right', () => {
    assert.deepEqual(unmergedNotices(undefined), []);
    assert.deepEqual(unmergedNotices({ ...unmerged, left: { uuid: 'rest', dates: {} } }), []);
  });
});
