import assert from 'node:assert/strict';
import { attentionSentences, goalOf } from '../../src/domain/journey/attention.js';
import { correctFacts, type Facts, noFacts, relinkFacts } from '../../src/domain/journey/facts.js';
import { nothingObserved, type Observations } from '../../src/domain/journey/next-step.js';
import { noticesOf } from '../../src/domain/journey/notices.js';
import { type Stage, stageOf, stages } from '../../src/domain/journey/stage.js';
import {
  billingId,
  factsFrom,
  february,
  january,
  laterInFebruary,
  leadCreated,
  leadsId,
  march,
  paid,
  payer,
  recordOf,
  trialStarted,
} from './situations.js';

const lead = leadCreated(january);
const trial = trialStarted(february);
const wait = { do: 'wait', for: 'payment' } as const;

describe('the stage', () => {
  const cases: [stage: Stage, what: string, facts: Facts, seen?: Observations][] = [
    ['lead', 'nothing is known', noFacts],
    ['lead', 'the lead was reported', factsFrom(lead)],
    ['trial', 'a trial was reported', factsFrom(lead, trial)],
    ['paid', 'the payer has paid', factsFrom(lead, trial, paid(march))],
    ['paid', 'a payment without a trial was reported', factsFrom(paid(march))],
    ['paid', 'only another customer than the pinned one has paid', factsFrom(trial, paid(march, 'cus_b')), pinned()],
  ];
  for (const [stage, what, facts, observed = nothingObserved] of cases) {
    it(`is ${stage} if ${what}`, () => {
      assert.equal(stageOf(facts, observed, wait), stage);
    });
  }

  it('is proven only when nothing is left to do', () => {
    assert.equal(stageOf(factsFrom(lead), nothingObserved, { do: 'finish' }), 'proven');
  });

  it('is one of four', () => {
    assert.deepEqual(stages, ['lead', 'trial', 'paid', 'proven']);
  });
});

describe('a notice', () => {
  const note = 'typing error';
  const contradictions: [what: string, facts: Facts, contradicts: boolean][] = [
    ['lead, trial and payment in order', factsFrom(lead, trial, paid(march)), false],
    ['all on the same second', factsFrom(leadCreated(january), trialStarted(january), paid(january)), false],
    ['a trial alone', factsFrom(trial), false],
    ['a payment alone', factsFrom(paid(march)), false],
    ['a trial before the lead', factsFrom(leadCreated(march), trial), true],
    ['a payment before the lead', factsFrom(leadCreated(march), paid(february)), true],
    ['a payment before the lead', factsFrom(leadCreated(february), paid(january)), true],
    ['a payment before a trial, which is another notice', factsFrom(lead, trialStarted(march), paid(february)), false],
    [
      'the early payment of another customer',
      factsFrom(lead, paid('2015-01-01T00:00:00Z', 'cus_b'), paid(march)),
      true,
    ],
    [
      'a lead corrected to after its trial',
      correctFacts(factsFrom(lead, trial), 'leadCreatedAt', { to: march, note }),
      true,
    ],
    [
      'a trial corrected to after the lead',
      correctFacts(factsFrom(leadCreated(february), trialStarted(january)), 'trialStartedAt', { to: march, note }),
      false,
    ],
    [
      'a payment corrected to before the lead',
      correctFacts(factsFrom(leadCreated(february), paid(march)), 'paidAt', { to: january, note }),
      true,
    ],
  ];
  for (const [what, facts, contradicts] of contradictions) {
    it(`${contradicts ? 'reports' : 'does not report'} ${what}`, () => {
      const codes = noticesOf('lead_1', facts, pinned()).map(({ code }) => code);

      assert.equal(codes.includes('dates-contradict'), contradicts);
    });
  }

  it('reports that ChartMogul does not count the merged payer as a subscriber', () => {
    const facts = factsFrom(lead, paid(march));

    assert.deepEqual(codesOf(facts, merged({ isSubscriber: false })), ['not-a-subscriber']);
    assert.deepEqual(codesOf(facts, merged({ isSubscriber: true })), []);
  });

  it('does not expect a subscriber before the payment', () => {
    assert.deepEqual(codesOf(factsFrom(lead, trialStarted(february, payer)), merged({ isSubscriber: false })), []);
  });

  it('reports that the merged record has no lead date', () => {
    const observed: Observations = {
      ...nothingObserved,
      lead: recordOf('r', [leadsId(), billingId()], { isSubscriber: true }),
    };

    assert.deepEqual(codesOf(factsFrom(paid(march)), observed), ['no-lead-date']);
  });

  it('is absent for an unmerged or missing record', () => {
    const observed = (record: Observations['lead']): Observations => ({
      ...nothingObserved,
      ...(record && { lead: record }),
    });

    assert.deepEqual(codesOf(factsFrom(paid(march)), observed(recordOf('r', [leadsId()]))), []);
    assert.deepEqual(codesOf(factsFrom(paid(march)), observed('none')), []);
    assert.deepEqual(codesOf(noFacts, nothingObserved), []);
  });

  it('names the leads whose dates a shared record shows, and those that left it', () => {
    const facts = { ...factsFrom(leadCreated(february), paid(march)), otherLeads: ['lead_2', 'lead_3'] };
    const ids = [leadsId('lead_1'), billingId()];
    const textOf = (held: readonly string[]) => {
      const all = [...ids, ...held.map((leadId) => leadsId(leadId))];
      const record = recordOf('merged', all, { leadCreatedAt: january });
      return noticesOf('lead_1', facts, { ...pinned(), lead: { ...record, isSubscriber: true } })[0]?.text ?? '';
    };

    assert.match(
      textOf(['lead_2']),
      /holds these leads: lead_2\. .* The record held lead_3 before: .* set a later one/,
    );
    assert.doesNotMatch(textOf(['lead_2', 'lead_3']), /before/);
  });

  it('lists other customers of the lead', () => {
    const facts = factsFrom(lead, paid(march), paid(laterInFebruary, 'cus_b'), paid(march, 'cus_c'));

    assert.deepEqual(noticesOf('lead_1', facts, pinned()), [
      {
        code: 'other-payers',
        text: 'Other billing customers were reported for this lead too: cus_b, cus_c.',
      },
    ]);
  });

  it('withholds ids that are e-mail addresses, since notices are not encrypted', () => {
    const facts = factsFrom(lead, paid(march), paid(laterInFebruary, 'adam@example.com'));

    const [notice] = noticesOf('lead_1', facts, pinned());

    assert.equal(notice?.text, 'Other billing customers were reported for this lead too: (withheld).');
  });

  it('lists at most ten of them', () => {
    const many = Array.from({ length: 12 }, (_, index) => paid(march, `other_${index + 10}`));

    const [notice] = noticesOf('lead_1', factsFrom(lead, ...many), pinned());

    assert.ok(notice?.text.endsWith('other_18, other_19.'));
  });

  it('does not list a customer that an operator replaced', () => {
    assert.deepEqual(codesOf(relinkFacts(factsFrom(lead, paid(march, 'cus_b')), payer, note), nothingObserved), []);
  });
});

describe('attention', () => {
  it('has a sentence with a full stop for each code', () => {
    for (const sentence of Object.values(attentionSentences)) assert.match(sentence, /^[A-Z].{20,}\.$/);
  });

  it('belongs to a goal, which may have several requests', () => {
    assert.deepEqual(goalOf, {
      createLead: 'lead',
      findLead: 'lead',
      findPreviousResult: 'lead',
      writeDates: 'dates',
      findPayingCustomer: 'payer',
      requestMerge: 'merge',
      confirmMerge: 'merge',
      requestUnmerge: 'unmerge',
      confirmUnmerge: 'unmerge',
      restoreDates: 'unmerge',
      findDatesOfLeads: 'unmerge',
    });
  });
});

function pinned(): Observations {
  return { ...nothingObserved, pinnedPayer: payer };
}

function merged({ isSubscriber }: { isSubscriber: boolean }): Observations {
  return {
    ...nothingObserved,
    lead: recordOf('r', [leadsId(), billingId()], { leadCreatedAt: january, isSubscriber }),
  };
}

function codesOf(facts: Facts, observed: Observations): string[] {
  return noticesOf('lead_1', facts, observed).map(({ code }) => code);
}
