import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ExpectedLeads } from '../../src/activities/audit/expected-leads.js';
import { RightLeads } from '../../src/activities/audit/right-leads.js';
import { type Facts, noFacts } from '../../src/domain/journey/facts.js';
import type { JourneySummary, Journeys } from '../../src/journeys/index.js';
import { runs } from '../support/runs.js';

const now = '2020-01-01T00:00:00Z';

/** Expected leads as if Temporal listed these journeys. */
function listing(
  summaries: readonly Partial<JourneySummary>[],
  file: Readonly<Record<string, Facts>> = {},
): Promise<ExpectedLeads> {
  const list = async function* () {
    yield* summaries.map((summary) => ({ status: 'RUNNING', ...summary }));
  };
  return ExpectedLeads.read({ list } as unknown as Journeys, now, new Map(Object.entries(file)));
}

const leadsOf = (ids: readonly string[]) => listing(ids.map((leadId) => ({ leadId })));
const idsTo = (count: number) => Array.from({ length: count }, (_, at) => `lead_${at}`);

/** The ids of the leads that are right. */
function rightIds(expected: ExpectedLeads, text: string): Set<string> {
  const right = RightLeads.read(expected, text);
  return new Set(expected.ids.filter((_, at) => right.has(at)));
}

function markRight(expected: ExpectedLeads, ids: readonly string[]): string {
  const right = RightLeads.read(expected);
  for (const id of ids) right.set(expected.indexOf(id) ?? assert.fail(id), true);
  return right.toString();
}

describe('the leads that a list has shown to be right', () => {
  const someIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 300 });

  it('are the same after they were written and read', async () => {
    await fc.assert(
      fc.asyncProperty(someIds, fc.infiniteStream(fc.boolean()), async (ids, isRight) => {
        const expected = await leadsOf(ids);
        const right = ids.filter(() => isRight.next().value);
        assert.deepEqual(rightIds(expected, markRight(expected, right)), new Set(right));
      }),
      { numRuns: runs(40) },
    );
  });

  it('are no others for a worker that expects other leads, and few are lost', async () => {
    const size = fc.integer({ min: 1, max: 1_000 });
    const change = fc.uniqueArray(fc.integer({ min: 0, max: 1_100 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(size, change, fc.infiniteStream(fc.boolean()), async (count, changed, isRight) => {
        const ids = idsTo(count);
        const right = ids.filter(() => isRight.next().value);
        const text = markRight(await leadsOf(ids), right);
        const isChanged = new Set(changed.map((number) => `lead_${number}`));
        const others = [...ids.filter((id) => !isChanged.has(id)), ...[...isChanged].filter((id) => !ids.includes(id))];

        const found = rightIds(await leadsOf(others), text);

        assert.ok([...found].every((id) => right.includes(id)));
        const lost = right.filter((id) => !isChanged.has(id) && !found.has(id)).length;
        assert.ok(lost <= 100 * isChanged.size, `${lost} leads lost`);
      }),
      { numRuns: runs(40) },
    );
  });

  it('need 30 kB for 100,000 leads, here 6 kB for 20,000', async () => {
    const expected = await leadsOf(idsTo(20_000));
    const text = markRight(expected, idsTo(10_000));
    assert.equal(rightIds(expected, text).size, 10_000);
    assert.ok(text.length < 9_000, `${text.length} characters of base64`);
  });
});

describe('the expected leads of an audit', () => {
  it('can be divided by their hashes, also with others', async () => {
    const [some, others] = [await leadsOf(idsTo(500)), await leadsOf(idsTo(600).slice(50))];
    for (const at of [0, 100, 499]) {
      const border = some.hashAt(at) ?? 0;
      const before = new Set(some.ids.slice(0, some.firstFrom(border)));
      const left = others.ids.slice(others.firstFrom(border));
      assert.equal(some.firstFrom(border), at);
      assert.ok(left.every((id) => !before.has(id)));
    }
    assert.equal(some.firstFrom(2 ** 32), 500);
  });

  it('have what the search attributes tell', async () => {
    const [lead, trial, paid] = ['2016-01-05T00:00:00Z', '2016-02-10T05:15:10Z', '2016-02-25T00:00:00Z'];
    const shown = { leadCreatedAt: lead, trialStartedAt: trial, paidAt: paid, billingCustomerId: 'cus_1' } as const;
    const expected = await listing([
      { leadId: 'proven', status: 'COMPLETED', stage: 'proven', ...shown, mergedAt: now },
      { leadId: 'waiting', stage: 'lead', leadCreatedAt: lead },
      { leadId: 'trying', stage: 'trial', leadCreatedAt: lead, trialStartedAt: trial, billingCustomerId: 'cus_2' },
    ]);
    const of = (leadId: string) => expected.expectation(expected.indexOf(leadId) ?? -1);
    const { facts, wasMerged } = of('proven');
    assert.deepEqual([facts.leadCreatedAt, facts.trialStartedAt, wasMerged], [lead, trial, true]);
    assert.deepEqual(facts.payments, [{ billingCustomerId: 'cus_1', at: paid }]);
    assert.deepEqual(of('waiting'), { facts: { ...noFacts, leadCreatedAt: lead }, wasMerged: false });
    assert.deepEqual(of('trying').facts.billingTrials, [{ billingCustomerId: 'cus_2', at: trial }]);
  });

  it('are in doubt if their journey needs attention, has ended without proof, or hides its customer', async () => {
    const paid = { paidAt: now, billingCustomerId: 'cus_1' };
    const all: Readonly<Record<string, Partial<JourneySummary>>> = {
      plain: {},
      'plain and proven': { ...paid, status: 'COMPLETED', stage: 'proven' },
      'doubtful in attention': { attention: 'lead-missing' },
      'doubtful when terminated': { status: 'TERMINATED' },
      'doubtful with an e-mail address as id': { ...paid, billingCustomerId: undefined as unknown as string },
      'closed by an operator': { status: 'COMPLETED', stage: 'paid' },
    };
    const expected = await listing(Object.entries(all).map(([leadId, summary]) => ({ leadId, ...summary })));
    for (const [at, id] of expected.ids.entries()) assert.ok(id.startsWith(expected.standing(at)), id);
  });

  it('have the leads of a file too, joined with those of journeys', async () => {
    const early = { ...noFacts, leadCreatedAt: '2016-01-01T00:00:00Z' };
    const expected = await listing([{ leadId: 'both', leadCreatedAt: '2016-01-05T00:00:00Z' }], {
      both: early,
      'only in the file': early,
    });
    assert.deepEqual([...expected.ids].sort(), ['both', 'only in the file']);
    for (const at of expected.ids.keys()) {
      assert.deepEqual(expected.expectation(at), { facts: early, wasMerged: false });
      assert.equal(expected.standing(at), 'plain');
    }
  });
});
