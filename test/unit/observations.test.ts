import assert from 'node:assert/strict';
import { type Goal, goalOf } from '../../src/domain/journey/attention.js';
import { type Facts, noFacts } from '../../src/domain/journey/facts.js';
import {
  isReached,
  lookAgain,
  mergedRecord,
  nothingObserved,
  type Observations,
  observeLead,
} from '../../src/domain/journey/next-step.js';
import {
  billingId,
  bothId,
  factsFrom,
  january,
  leadCreated,
  leadId,
  leadsId,
  march,
  otherId,
  paid,
  paidByLead,
  payer,
  recordOf,
} from './situations.js';

const own = recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january });
const payerRecord = recordOf('payer_uuid', [billingId()]);
const merged = recordOf('payer_uuid', [billingId(), leadsId()], { leadCreatedAt: january });
const kept: Observations = {
  leadRecord: 'created',
  pinnedPayer: payer,
  refusal: { step: 'writeDates', uuid: 'lead_uuid', status: 404 },
};
const everything: Observations = {
  ...kept,
  lead: own,
  payer: { billingCustomerId: payer, record: payerRecord },
  mergeAskedInto: 'payer_uuid',
};

describe('observations of a journey', () => {
  it('include the record that holds the lead', () => {
    const looked: Observations = { leadRecord: 'created', lead: own };

    assert.deepEqual(observeLead(leadId, nothingObserved, own), looked);
    assert.deepEqual(observeLead(leadId, { leadRecord: 'exists', lead: 'none' }, own), looked);
  });

  it("are dropped if the lead's record does not hold the lead", () => {
    assert.deepEqual(observeLead(leadId, everything, payerRecord), kept);
  });

  it('are dropped, except that there is a lead, the pinned payer, and the rejection', () => {
    assert.deepEqual(lookAgain(everything), kept);
    assert.deepEqual(lookAgain(nothingObserved), nothingObserved);
  });
});

describe('the merged record', () => {
  const facts = factsFrom(leadCreated(january), paid(march));
  const cases: [what: string, facts: Facts, lead: Observations['lead'], isMerged: boolean][] = [
    ['is the one that holds both ids', facts, merged, true],
    [
      'is the single record of a lead that pays under its own id',
      factsFrom(paidByLead(march)),
      recordOf('r', [bothId()]),
      true,
    ],
    ['is unknown before the payer is', factsFrom(leadCreated(january)), merged, false],
    ['is not the lead alone', facts, own, false],
    ['is not that of another payer', facts, recordOf('r', [billingId('cus_b'), leadsId()]), false],
    ['is not a missing one', facts, 'none', false],
    ['is not one that was not looked up', facts, undefined, false],
  ];
  for (const [what, known, lead, isMerged] of cases) {
    it(what, () => {
      const observed: Observations = { ...nothingObserved, ...(lead !== undefined && { lead }) };

      assert.equal(mergedRecord(known, observed), isMerged ? lead : undefined);
    });
  }
});

describe('a goal', () => {
  const goals = [...new Set<Goal>(Object.values(goalOf))];
  const facts = factsFrom(leadCreated(january), paid(march));
  const found = { billingCustomerId: payer, record: payerRecord };
  const cases: [what: string, facts: Facts, seen: Partial<Observations>, reached: Goal[]][] = [
    ['none before the lead was looked up', facts, {}, []],
    ['none while the lead is missing', facts, { lead: 'none', payer: found }, []],
    ['lead and dates with a dated record', facts, { lead: own }, ['lead', 'dates']],
    ['lead with a record that needs other dates', facts, { lead: recordOf('r', [leadsId()]) }, ['lead']],
    ['lead, dates and payer when both are found', facts, { lead: own, payer: found }, ['lead', 'dates', 'payer']],
    [
      'not the payer if another one was found',
      facts,
      { lead: own, payer: { billingCustomerId: 'cus_b', record: payerRecord } },
      ['lead', 'dates'],
    ],
    ['all when merged', facts, { lead: merged }, ['lead', 'dates', 'payer', 'merge']],
    [
      'all but the dates when merged with others',
      facts,
      { lead: recordOf('r', [billingId(), otherId('x'), leadsId()]) },
      ['lead', 'payer', 'merge'],
    ],
    [
      'at most the dates in an unrelated record',
      facts,
      { lead: { ...merged, ids: [billingId('b'), leadsId()] } },
      ['dates'],
    ],
    ['no merge while no payer is known', noFacts, { lead: own }, ['lead', 'dates', 'payer']],
  ];
  for (const [what, known, observed, reached] of cases) {
    it(`is reached: ${what}`, () => {
      const all = goals.filter((goal) => isReached(goal, leadId, known, { ...nothingObserved, ...observed }));

      assert.deepEqual(all, reached);
    });
  }
});
