import assert from 'node:assert/strict';
import { nothingObserved, type Observations } from '../../src/domain/journey/next-step.js';
import {
  afterAnswer,
  beforeRequest,
  type Knowledge,
  type StepAnswers,
  type StepOf,
} from '../../src/domain/journey/step-answers.js';
import { found, made, merged, observed, own, payerRecord, withPayment } from './next-steps.js';
import { billingId, february, january, leadId, leadsId, payer, recordOf } from './situations.js';

const now = '2016-03-01T00:00:00Z';
const both = observed(own, { ...found, mergeAskedInto: 'payer_uuid' });

function known<Name extends keyof StepAnswers>(
  from: Observations,
  step: StepOf<Name>,
  answer: StepAnswers[Name],
): Knowledge {
  return afterAnswer<Name>({ facts: withPayment, observed: from }, leadId, step, answer, now);
}

describe('the answer to a step', () => {
  it('that creates the lead is its record, or "exists"', () => {
    const created = known(nothingObserved, { do: 'createLead' }, own);
    const exists = known(both, { do: 'createLead' }, 'exists');

    assert.deepEqual(created.observed, observed(own));
    assert.equal(created.leadObservedAt, now);
    assert.deepEqual(exists.observed, { ...made, leadRecord: 'exists' });
  });

  it('that shows no lead causes a new lookup of both records', () => {
    assert.deepEqual(known(both, { do: 'findLead' }, 'none').observed, { ...made, lead: 'none' });
  });

  it('that shows the payer together with the lead is the merged record', () => {
    const step = { do: 'findPayingCustomer', billingCustomerId: payer } as const;

    assert.deepEqual(known(observed(own), step, payerRecord).observed, observed(own, found));
    assert.deepEqual(known(observed(own), step, merged).observed.lead, merged);
  });

  it("that shows the payer has its dates from before the merge, also after a person's unmerge left others on it", () => {
    const step = { do: 'findPayingCustomer', billingCustomerId: payer } as const;
    const first = { leadCreatedAt: february };
    const leftByMerge = recordOf('payer_uuid', [billingId()], { leadCreatedAt: january });
    const setSince = recordOf('payer_uuid', [billingId()], { leadCreatedAt: '2015-12-01T00:00:00Z' });
    const payerDatesAfter = (mergedWith: string, left = leftByMerge) =>
      afterAnswer<'findPayingCustomer'>(
        { facts: { ...withPayment, payerDates: first }, observed: observed(own, { wasMerged: true, mergedWith }) },
        leadId,
        step,
        left,
        now,
      ).facts.payerDates;

    assert.deepEqual(payerDatesAfter(payer), first);
    assert.deepEqual(payerDatesAfter(payer, setSince), { leadCreatedAt: '2015-12-01T00:00:00Z' });
    assert.deepEqual(payerDatesAfter('cus_another'), { leadCreatedAt: january });
  });

  it('that rejects a step is stored, and both records are looked up again', () => {
    const merge = { do: 'requestMerge', from: 'lead_uuid', into: 'payer_uuid' } as const;
    const confirm = { do: 'confirmMerge', into: 'payer_uuid' } as const;

    assert.deepEqual(known(both, merge, { status: 422 }).observed, {
      ...made,
      refusal: { step: 'requestMerge', uuid: 'payer_uuid', status: 422 },
    });
    assert.deepEqual(known(both, confirm, 'gone').observed, {
      ...made,
      refusal: { step: 'confirmMerge', uuid: 'payer_uuid', status: 404 },
    });
  });

  it('that accepts dates but keeps others is a rejection, so that they are not written forever', () => {
    const step = { do: 'writeDates', uuid: 'lead_uuid', dates: { leadCreatedAt: january } } as const;
    const { observed: kept } = known(both, step, recordOf('lead_uuid', [leadsId()], { leadCreatedAt: february }));

    assert.deepEqual(kept.refusal, { step: 'writeDates', uuid: 'lead_uuid', status: 200 });
    assert.equal(kept.lead, undefined);
  });

  it("that keeps another lead's earlier date in a shared record is not a rejection, and is checked again", () => {
    const step = { do: 'writeDates', uuid: 'payer_uuid', dates: { leadCreatedAt: february } } as const;
    const shared = recordOf('payer_uuid', [billingId(), leadsId(), leadsId('cus_0002')], { leadCreatedAt: january });
    const answered = known(both, step, shared);

    assert.equal(answered.observed.refusal, undefined);
    assert.equal(answered.hasWrittenShared, true);
  });
});

describe('the merge request', () => {
  it('pins the payer before its answer is known, unlike any other step', () => {
    const known = { facts: withPayment, observed: both };

    assert.equal(beforeRequest(known, { do: 'requestMerge', from: 'a', into: 'b' }).observed.pinnedPayer, payer);
    assert.equal(beforeRequest(known, { do: 'confirmMerge', into: 'b' }), known);
  });
});
