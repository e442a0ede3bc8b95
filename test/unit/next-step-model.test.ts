import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FunnelDates } from '../../src/journey/dates.js';
import { correctFacts, relinkFacts } from '../../src/journey/facts.js';
import { earliest } from '../../src/journey/instant.js';
import { type CustomerRecord, holdsPayer, idsBeside } from '../../src/journey/records.js';
import type { Report } from '../../src/journey/reports.js';
import { funnelDates, instants } from './arbitraries.js';
import { type Rules, SimulatedAccount } from './simulated-account.js';
import { type Ending, SimulatedJourney } from './simulated-journey.js';
import { billingId, leadId, leadsId, otherId, payer } from './situations.js';

const rules: fc.Arbitrary<Rules> = fc.record({
  mergeDates: fc.constantFrom('primary', 'primary, else secondary', 'earliest'),
  findsMergedIds: fc.boolean(),
  secondMerge: fc.constantFrom(202, 404, 422),
  readsUntilMerged: fc.integer({ min: 1, max: 5 }),
  lostAnswers: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
});

/** A report about this lead; trials may run in the billing system. */
const report = fc
  .record({ kind: fc.constantFrom('lead', 'trial', 'billing trial', 'payment'), occurredAt: instants })
  .map(({ kind, occurredAt }): Report => {
    if (kind === 'lead') return { kind: 'leadCreated', occurredAt };
    if (kind === 'trial') return { kind: 'trialStarted', occurredAt };
    if (kind === 'billing trial') return { kind: 'trialStarted', occurredAt, billingCustomerId: payer };
    return { kind: 'paymentSucceeded', occurredAt, billingCustomerId: payer };
  });
const leadOrTrial = report.filter(({ kind }) => kind !== 'paymentSucceeded');
const payment = instants.map(
  (occurredAt): Report => ({ kind: 'paymentSucceeded', occurredAt, billingCustomerId: payer }),
);

describe('the decisions of a journey in which nothing is odd', () => {
  const story = fc.record({
    rules,
    reports: fc.tuple(leadOrTrial, payment, fc.array(report, { maxLength: 4 })).chain(([one, two, others]) => {
      const all = [one, two, ...others];
      return fc.shuffledSubarray(all, { minLength: all.length });
    }),
    imported: fc.option(funnelDates),
    payerDates: funnelDates,
    sharesPayer: fc.boolean(),
    /** After how many reports the billing integration shows the payer. */
    ingestAfter: fc.integer({ min: 0, max: 7 }),
    /** After how many reports ChartMogul merges the two by itself, if it does. */
    autoMergeAfter: fc.option(fc.integer({ min: 1, max: 7 })),
    /** Before which reports the slow lane tries, and pending merges show. */
    retriesBefore: fc.uniqueArray(fc.integer({ min: 0, max: 6 })),
    timePassesBefore: fc.uniqueArray(fc.integer({ min: 0, max: 6 })),
  });

  it('end proven, with one record, both ids and the true dates', () => {
    fc.assert(
      fc.property(story, (told) => {
        const { account, endings } = tell(told);

        assert.deepEqual(endings.at(-1), { do: 'finish' });
        const record = account.recordOf(leadId);
        assert.ok(record && holdsPayer(record, payer));
        assert.deepEqual(datesOf(record), trueDates(told));
      }),
      { numRuns: 3000 },
    );
  });

  it('end proven again, without a write, when the journey is started again with any of the reports', () => {
    fc.assert(
      fc.property(story, fc.nat(), (told, some) => {
        const { account } = tell(told);
        const before = structuredClone([...account.records]);
        const writes = account.writes.length;
        const again = new SimulatedJourney(account, leadId);
        for (const one of told.reports.filter((_, index) => (some >> index) % 2 === 0)) again.report(one);

        const ending = again.run();

        // Where lookups do not show what was merged away, a report of lead and payment is needed to find it.
        assert.ok(ending.do === 'finish' || ending.do === 'attend' || ending.do === 'wait');
        assert.ok(ending.do === 'finish' || !told.rules.findsMergedIds || endsWithoutPayment(again));
        assert.deepEqual([...account.records], before);
        assert.equal(account.writes.length, writes);
      }),
      { numRuns: 1000 },
    );
  });

  function tell({ rules, reports, imported, payerDates, sharesPayer, ...when }: Story) {
    const account = new SimulatedAccount(rules);
    const journey = new SimulatedJourney(account, leadId);
    const endings: Ending[] = [];
    if (imported) account.add([leadsId()], imported);
    const ingest = () => account.add([billingId(), ...(sharesPayer ? [leadsId('lead_2')] : [])], payerDates);
    let payerRecord: CustomerRecord | undefined;

    for (const [index, one] of reports.entries()) {
      if (index === when.ingestAfter) payerRecord = ingest();
      // What an automation did before the journey had a look at an imported lead cannot be put back by anybody.
      if (index === when.autoMergeAfter && payerRecord && !imported) autoMerge(account, payerRecord);
      if (when.timePassesBefore.includes(index)) account.letTimePass();
      if (when.retriesBefore.includes(index)) journey.retry();
      journey.report(one);
      endings.push(journey.run());
    }

    if (!payerRecord) ingest();
    for (let tries = 0; tries < 3 && endings.at(-1)?.do !== 'finish'; tries += 1) {
      journey.retry();
      endings.push(journey.run());
      account.letTimePass();
    }
    return { account, endings };
  }

  type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

  function trueDates({ reports, imported, payerDates }: Story): FunnelDates {
    const dates = (kind: Report['kind']) => reports.filter((one) => one.kind === kind).map((one) => one.occurredAt);
    const trial = earliest(...dates('trialStarted'), imported?.freeTrialStartedAt, payerDates.freeTrialStartedAt);
    const lead = earliest(...dates('leadCreated'), imported?.leadCreatedAt, payerDates.leadCreatedAt, trial);
    return { ...(lead && { leadCreatedAt: lead }), ...(trial && { freeTrialStartedAt: trial }) };
  }

  /** A journey that heard of the payer only by a trial waits for the payment, as it should. */
  function endsWithoutPayment({ facts }: SimulatedJourney): boolean {
    return facts.payments.length === 0;
  }
});

describe('the decisions of a journey in which anything may happen', () => {
  const stranger = 'cus_stranger';
  const happening = fc.oneof(
    { weight: 4, arbitrary: report },
    instants.map((occurredAt): Report => ({ kind: 'paymentSucceeded', occurredAt, billingCustomerId: stranger })),
    fc.constantFrom(
      'the payer shows',
      'the stranger shows',
      'a person merges the lead into the payer',
      'a person merges the lead into the stranger',
      'a person merges the lead into another lead',
      'a person deletes the lead',
      'a person deletes the payer',
      'a person merges the payer into the stranger',
      'pending merges show',
      'the slow lane tries',
      'an operator has the lead made again',
      'an operator names the stranger',
      'an operator names the payer',
    ),
    instants.map((to) => ({ to })),
  );

  it('always end, write no record of strangers, and never merge two payers', () => {
    fc.assert(
      fc.property(rules, fc.array(happening, { minLength: 1, maxLength: 14 }), (chartMogul, happenings) => {
        const account = new SimulatedAccount(chartMogul);
        const journey = new SimulatedJourney(account, leadId);
        const otherLead = account.add([leadsId('lead_2'), otherId('x_2')]);
        let payers: CustomerRecord[] = [];
        const show = (id: string) => {
          if (!account.findPayer(id)) payers = [...payers, account.add([billingId(id)])];
        };
        const shown = (id: string) => payers.find((record) => record.ids[0]?.externalId === id);
        const mergeLeadInto = (into: CustomerRecord | undefined) => {
          const lead = account.recordOf(leadId);
          if (lead && into) account.mergeNow(lead, into);
        };

        for (const happens of happenings) {
          const knownWrites = account.writes.length;
          if (typeof happens === 'object' && 'kind' in happens) journey.report(happens);
          else if (typeof happens === 'object') {
            journey.facts = correctFacts(journey.facts, 'leadCreatedAt', { to: happens.to, note: 'n' });
          } else if (happens === 'the payer shows') show(payer);
          else if (happens === 'the stranger shows') show(stranger);
          else if (happens === 'a person merges the lead into the payer') mergeLeadInto(shown(payer));
          else if (happens === 'a person merges the lead into the stranger') mergeLeadInto(shown(stranger));
          else if (happens === 'a person merges the lead into another lead') mergeLeadInto(otherLead);
          else if (happens === 'a person deletes the lead') {
            const lead = account.recordOf(leadId);
            if (lead) account.delete(lead);
          } else if (happens === 'a person deletes the payer') {
            const record = shown(payer);
            if (record) account.delete(record);
          } else if (happens === 'a person merges the payer into the stranger') {
            const [from, into] = [shown(payer), shown(stranger)];
            if (from && into) account.mergeNow(from, into);
          } else if (happens === 'pending merges show') account.letTimePass();
          else if (happens === 'the slow lane tries') journey.retry();
          else if (happens === 'an operator has the lead made again') {
            const { leadRecord, ...seen } = journey.seen;
            if (seen.lead === 'none') journey.seen = { ...seen, leadRecord: 'not-made' };
            journey.retry();
          } else if (journey.seen.pinnedPayer === undefined) {
            const named = happens === 'an operator names the payer' ? payer : stranger;
            journey.facts = relinkFacts(journey.facts, named, 'n');
          }

          const ending = journey.run(); // fails by itself if it goes on for too long

          assert.ok(['finish', 'wait', 'attend'].includes(ending.do));
          for (const write of account.writes.slice(knownWrites)) assertOurs(write, journey);
        }
      }),
      { numRuns: 3000 },
    );
  });

  function assertOurs({ kind, ids }: { kind: string; ids: CustomerRecord['ids'] }, journey: SimulatedJourney): void {
    if (kind === 'merge') assert.ok(!ids.some(({ source }) => source === 'billing'), 'two payers were merged');
    if (kind !== 'patch') return;
    const record = { uuid: '', ids, isSubscriber: false };
    const { pinnedPayer } = journey.seen;
    const isOurs =
      idsBeside(record, leadId).length === 0 ||
      [pinnedPayer, journey.facts.relink?.billingCustomerId, payer, stranger].some(
        (id) => id !== undefined && holdsPayer(record, id) && isPayerOf(journey, id),
      );
    assert.ok(isOurs, "a stranger's record was written");
  }
});

function isPayerOf({ facts, seen }: SimulatedJourney, id: string): boolean {
  const payers = [seen.pinnedPayer, facts.relink?.billingCustomerId, facts.payments[0]?.billingCustomerId];
  return [...payers, facts.billingTrial?.billingCustomerId].find((known) => known !== undefined) === id;
}

function autoMerge(account: SimulatedAccount, payerRecord: CustomerRecord): void {
  const lead = account.recordOf(leadId);
  if (lead) account.mergeNow(lead, payerRecord);
}

function datesOf({ leadCreatedAt, freeTrialStartedAt }: CustomerRecord): FunnelDates {
  return { ...(leadCreatedAt && { leadCreatedAt }), ...(freeTrialStartedAt && { freeTrialStartedAt }) };
}
