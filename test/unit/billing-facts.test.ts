import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type BillingFacts,
  billingFactsOf,
  factsWithNews,
  joinBillingFacts,
  noBillingFacts,
} from '../../src/domain/billing/facts.js';
import { type BillingReport, linkRules, parseBillingReport } from '../../src/domain/billing/report.js';
import { runs } from '../support/runs.js';
import { billingReports, shuffled } from './simulated-customer.js';

const factsFrom = (...reports: readonly BillingReport[]): BillingFacts =>
  reports.map(billingFactsOf).reduce(joinBillingFacts, noBillingFacts);
const facts = fc.array(billingReports, { maxLength: 8 }).map((all) => factsFrom(...all));
/** More leads than the limit. */
const crowdedFacts = fc
  .array(
    fc
      .tuple(
        fc.stringMatching(/^lead_[a-z]{1,2}$/),
        fc.constantFrom(...linkRules.slice(1)),
        fc.integer({ min: 0, max: 9 }),
      )
      .map(([leadId, rule, second]) => ({ leadId, rule, at: `2016-02-01T00:00:0${second}Z` })),
    { minLength: 12, maxLength: 30 },
  )
  .map((links) => factsFrom(...links.flatMap((link) => [{ link }, { suggestedLeadId: link.leadId }])));

describe('joining billing facts', () => {
  for (const [what, some] of [
    ['few leads', facts],
    ['more leads than are kept', crowdedFacts],
  ] as const) {
    it(`is commutative for ${what}`, () => {
      fc.assert(fc.property(some, some, (a, b) => assert.deepEqual(joinBillingFacts(a, b), joinBillingFacts(b, a))));
    });

    it(`is associative for ${what}`, () => {
      fc.assert(
        fc.property(some, some, some, (a, b, c) => {
          assert.deepEqual(joinBillingFacts(joinBillingFacts(a, b), c), joinBillingFacts(a, joinBillingFacts(b, c)));
        }),
      );
    });

    it(`is idempotent for ${what}`, () => {
      fc.assert(
        fc.property(some, some, (a, b) => {
          const joined = joinBillingFacts(a, b);
          assert.equal(JSON.stringify(joinBillingFacts(joined, b)), JSON.stringify(joined));
          assert.equal(JSON.stringify(joinBillingFacts(a, a)), JSON.stringify(a));
        }),
      );
    });
  }

  it('tells a report with news from one that is known', () => {
    fc.assert(
      fc.property(facts, billingReports, (known, report) => {
        const news = factsWithNews(known, report);
        const joined = joinBillingFacts(known, billingFactsOf(report));

        assert.deepEqual(news ?? known, joined);
        assert.equal(news === undefined, JSON.stringify(joined) === JSON.stringify(known));
        assert.equal(factsWithNews(joined, report), undefined);
      }),
    );
  });

  it('gives the same result for every order and repetition', () => {
    fc.assert(
      fc.property(shuffled(billingReports), ([all, inAnotherOrder]) => {
        assert.deepEqual(factsFrom(...inAnotherOrder), factsFrom(...all));
      }),
      { numRuns: runs(200) },
    );
  });

  it('keeps each lead with its best rule, sorted by rule', () => {
    const { links } = factsFrom(
      { link: { leadId: 'lead_b', rule: 'checkout-metadata' } },
      { link: { leadId: 'lead_a', rule: 'signed-reference' } },
      { link: { leadId: 'lead_a', rule: 'invoice-metadata' } },
    );

    assert.deepEqual(links, [
      { leadId: 'lead_a', rule: 'invoice-metadata' },
      { leadId: 'lead_b', rule: 'checkout-metadata' },
    ]);
  });

  it('keeps the time of the latest event of the best rule, and prefers the later of two leads', () => {
    const [early, late, later] = ['2016-02-01T00:00:00Z', '2016-02-02T00:00:00Z', '2016-02-03T00:00:00Z'];
    for (const [wrong, right] of [
      ['lead_a', 'lead_b'],
      ['lead_b', 'lead_a'],
    ] as const) {
      const { links } = factsFrom(
        { link: { leadId: right, rule: 'customer-metadata', at: late } },
        { link: { leadId: wrong, rule: 'customer-metadata', at: early } },
        { link: { leadId: wrong, rule: 'checkout-metadata', at: later } },
        { link: { leadId: right, rule: 'customer-metadata', at: early } },
      );

      assert.deepEqual(links, [
        { leadId: right, rule: 'customer-metadata', at: late },
        { leadId: wrong, rule: 'customer-metadata', at: early },
      ]);
    }
  });

  it('prefers a link with a time to one that an older release stored without', () => {
    const { links } = factsFrom(
      { link: { leadId: 'lead_a', rule: 'customer-metadata' } },
      { link: { leadId: 'lead_b', rule: 'customer-metadata', at: '2016-02-01T00:00:00Z' } },
    );

    assert.equal(links[0]?.leadId, 'lead_b');
  });

  it('keeps at most ten leads', () => {
    fc.assert(
      fc.property(crowdedFacts, ({ links, suggestedLeadIds }) => links.length <= 10 && suggestedLeadIds.length <= 10),
    );
  });
});

describe('parsing a billing report', () => {
  const now = Date.parse('2016-03-01T00:00:00Z');

  it('accepts all valid fields, with dates in whole seconds UTC', () => {
    const input = {
      link: { leadId: 'lead_1', rule: 'customer-metadata' },
      suggestedLeadId: 'lead_2',
      trialStartedAt: '2016-02-10T06:15:10.500+01:00',
      paidAt: '2016-02-25T00:00:00Z',
      begins: true,
    };

    const parsed = parseBillingReport(input, now);

    assert.deepEqual(parsed, { ok: true, value: { ...input, trialStartedAt: '2016-02-10T05:15:10Z' } });
  });

  it('accepts a link from a machine whose clock is ahead, with the own time', () => {
    const link = { leadId: 'lead_1', rule: 'customer-metadata' } as const;

    const parsed = parseBillingReport({ link: { ...link, at: '2016-03-01T03:00:00Z' } }, now);

    assert.deepEqual(parsed, { ok: true, value: { link: { ...link, at: '2016-03-01T00:00:00Z' } } });
  });

  it('accepts its own output', () => {
    fc.assert(
      fc.property(billingReports, (report) => {
        assert.deepEqual(parseBillingReport(report, now), { ok: true, value: report });
      }),
    );
  });

  const unusable: [what: string, input: unknown, pointer: string][] = [
    ['nothing', undefined, ''],
    ['a list', [], ''],
    ['no field', {}, ''],
    ['a field that is not known', { paidOn: '2016-02-25T00:00:00Z' }, ''],
    ['a date without zone', { paidAt: '2016-02-25' }, '/paidAt'],
    ['a date to come', { trialStartedAt: '2016-03-02T00:00:00Z' }, '/trialStartedAt'],
    ['a link that is a text', { link: 'lead_1' }, '/link'],
    ['a link without rule', { link: { leadId: 'lead_1' } }, '/link/rule'],
    ["an event that speaks in an operator's name", { link: { leadId: 'lead_1', rule: 'operator' } }, '/link/rule'],
    ['a link with an invalid time', { link: { leadId: 'lead_1', rule: 'customer-metadata', at: 7 } }, '/link/at'],
    ['a lead without id', { link: { leadId: '', rule: 'customer-metadata' } }, '/link/leadId'],
    ['a suggestion with control characters', { suggestedLeadId: 'a\nb' }, '/suggestedLeadId'],
    ['a beginning that is not', { begins: false }, '/begins'],
  ];
  for (const [what, input, pointer] of unusable) {
    it(`rejects ${what}, and reports where`, () => {
      const parsed = parseBillingReport(input, now);

      assert.ok(!parsed.ok);
      assert.deepEqual(
        parsed.problems.map((problem) => problem.pointer),
        [pointer],
      );
    });
  }

  it('never throws and never repeats its input', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const parsed = parseBillingReport({ link: input, paidAt: 'marked@example.com' }, now);
        assert.ok(!parsed.ok && !JSON.stringify(parsed).includes('marked'));
      }),
    );
  });
});
