import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Facts, factsOf, joinFacts, noFacts } from '../../src/domain/journey/facts.js';
import { parseReports } from '../../src/domain/journey/reports.js';
import { checkFile } from '../../src/import/check.js';
import { JoinedLeads, type Lead } from '../../src/import/joined-leads.js';
import { runs } from '../support/runs.js';
import { withFile } from './leads.js';
import { opened } from './reading.js';

const header = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,name';
const [january, february, march] = ['2016-01-05T00:00:00Z', '2016-02-25T00:00:00Z', '2016-03-25T00:00:00Z'];

describe('the leads of a file', () => {
  it('are reported at their first line, with the payer of the earliest payment first', async () => {
    const leads = await leadsOf([
      `a,${january},,cus_later,${march},Ann`,
      `b,${january},,,,`,
      `a,${february},${february},cus_first,${february},Anna`,
    ]);

    assert.deepEqual(
      leads.map(({ leadId, lines }) => [leadId, lines]),
      [
        ['a', 2],
        ['b', 1],
      ],
    );
    assert.deepEqual(leads[0]?.messages, [
      {
        leadCreated: { occurredAt: january, profile: { name: 'Anna' } },
        trialStarted: { occurredAt: february, billingCustomerId: 'cus_first' },
        paymentSucceeded: { occurredAt: february, billingCustomerId: 'cus_first' },
      },
      { paymentSucceeded: { occurredAt: march, billingCustomerId: 'cus_later' } },
    ]);
  });

  it('are joined however far apart their lines are', async () => {
    const between = Array.from({ length: 5_000 }, (_, index) => `lead_${index},${january},,,,`);
    const leads = await leadsOf([
      `a,${march},,,,`,
      ...between.slice(0, 2_500),
      `c,${march},,,,`,
      ...between.slice(2_500),
      `a,${january},,,,`,
      `c,${january},,,,`,
    ]);

    assert.equal(leads.length, 5_002);
    const joined = leads.filter(({ lines }) => lines === 2);
    assert.deepEqual(
      joined.map(({ leadId, facts }) => [leadId, facts.leadCreatedAt]),
      [
        ['a', january],
        ['c', january],
      ],
    );
  });

  it('report the same facts in every order of the lines, the payer with the first message', async () => {
    const date = fc.constantFrom('', january, february, march);
    const line = fc.tuple(fc.constantFrom('a', 'b'), date, fc.constantFrom('', 'cus_1', 'cus_2', 'cus_3'), date);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
        const written = lines.map(([id, trial, customer, paid]) => `${id},${january},${trial},${customer},${paid},`);
        const [one, other] = [await leadsOf(written), await leadsOf([...written].reverse())].map(byId);

        assert.deepEqual(one, other);
        for (const { leadId, facts, messages } of one?.values() ?? []) {
          const reported = messages.map((message) => factsIn(message, leadId));
          assert.deepEqual(reported.reduce(joinFacts), facts);
          assert.deepEqual(reported[0]?.payments[0], facts.payments[0]);
          assert.equal(reported[0]?.trialStartedAt, facts.trialStartedAt);
        }
      }),
      { numRuns: runs(30) },
    );
  });

  it("name the ten first of a lead's other customers", async () => {
    const days = Array.from({ length: 28 }, (_, day) => String(day + 1).padStart(2, '0'));
    const [lead] = await leadsOf(days.map((day) => `a,${january},,cus_${day},2016-02-${day}T00:00:00Z,`).reverse());

    const customers = lead?.messages.map(({ paymentSucceeded }) => paymentSucceeded?.billingCustomerId);
    assert.deepEqual(
      customers,
      days.slice(0, 11).map((day) => `cus_${day}`),
    );
  });
});

function leadsOf(lines: readonly string[]): Promise<Lead[]> {
  return withFile([header, ...lines].join('\n'), async (path) => {
    const file = await opened(path);
    try {
      const { columns, repeats } = await checkFile(file);
      const joined = await JoinedLeads.read(file, columns, repeats.lines);
      const leads: Lead[] = [];
      for await (const batch of file.lines(columns)) {
        for (const line of batch) {
          const lead = line.isGood ? joined.of(line) : undefined;
          if (lead) leads.push(lead);
        }
      }
      return leads;
    } finally {
      await file.close();
    }
  });
}

function byId(leads: readonly Lead[]): Map<string, Lead> {
  return new Map(leads.map((lead) => [lead.leadId, lead] as const).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function factsIn(message: unknown, leadId: string): Facts {
  const parsed = parseReports(message, Date.now());
  assert.ok(parsed.ok);
  return parsed.value.map((report) => factsOf(report, leadId)).reduce(joinFacts, noFacts);
}
