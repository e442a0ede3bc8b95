import assert from 'node:assert/strict';
import { isContested } from '../../src/domain/journey/dates.js';
import { confirmSamePerson, contestedRules, hasReports, noFacts } from '../../src/domain/journey/facts.js';
import { nextStep, nothingObserved } from '../../src/domain/journey/next-step.js';
import { noticesOf } from '../../src/domain/journey/notices.js';
import {
  billingId,
  factsFrom,
  january,
  leadCreated,
  leadId,
  leadsId,
  march,
  paid,
  paidByLead,
  payer,
  recordOf,
  trialStarted,
} from './situations.js';

const merged = recordOf('merged', [billingId(), leadsId()], { leadCreatedAt: january, isSubscriber: true });
const facts = confirmSamePerson(factsFrom(leadCreated(january), paid(march), paid(march, 'cus_z')), 'cus_z');
const record = recordOf('other', [billingId('cus_z')]);
const found = {
  ...nothingObserved,
  lead: merged,
  leadRecord: 'created' as const,
  isPreviousResultKnown: true,
  pinnedPayer: payer,
  payer: { billingCustomerId: 'cus_z', record },
};

describe('another customer of a lead', () => {
  it('is merged into the merged record, and then confirmed', () => {
    const request = { do: 'requestMerge', from: 'other', into: 'merged', other: true };
    assert.deepEqual(nextStep(leadId, facts, found), request);
    const confirm = { do: 'confirmMerge', into: 'merged', other: 'cus_z' };
    assert.deepEqual(nextStep(leadId, facts, { ...found, mergeAskedFrom: 'other' }), confirm);
  });
});

describe('the rules that decide something', () => {
  it('are those for late trials, and for several or inferred customers', () => {
    assert.deepEqual(contestedRules(factsFrom(leadCreated(january), paid(march))), []);
    assert.deepEqual(contestedRules(factsFrom(paid(january), trialStarted(march))), ['payment-ends-trials']);
    assert.deepEqual(contestedRules(facts), ['several-customers']);
    assert.deepEqual(contestedRules(factsFrom(paidByLead(march))), ['several-customers']);
  });

  it('include those for foreign dates only if a date is earlier than known', () => {
    assert.equal(isContested(merged, factsFrom(leadCreated(january)), leadId), false);
    assert.equal(isContested(merged, factsFrom(leadCreated(march)), leadId), true);
  });
});

describe('a trial after the payment', () => {
  it('is shown, with the date that ChartMogul still has', () => {
    const late = factsFrom(leadCreated(january), paid(january), trialStarted(march));
    const [notice] = noticesOf(leadId, late, { ...found, lead: { ...merged, freeTrialStartedAt: march } });
    assert.equal(notice?.code, 'trial-after-payment');
    assert.match(notice?.text ?? '', /ChartMogul shows the trial date/);
  });
});

describe('a record that was unmerged', () => {
  it('shows dates that are not the own ones', () => {
    const alone = { ...recordOf('alone', [leadsId()], { leadCreatedAt: january }), isUnmerged: true as const };
    const step = nextStep(leadId, factsFrom(leadCreated(march)), { ...found, lead: alone });
    assert.equal(step.do, 'writeDates');
    assert.equal(hasReports(noFacts), false);
  });
});
