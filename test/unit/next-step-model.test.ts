import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FunnelDates } from '../../src/domain/journey/dates.js';
import { leadDate, type PreviousResult, payerId, paymentDate, trialDate } from '../../src/domain/journey/facts.js';
import { earliest } from '../../src/domain/journey/instant.js';
import { type CustomerRecord, holdsPayer } from '../../src/domain/journey/records.js';
import type { Report } from '../../src/domain/journey/reports.js';
import { runs } from '../support/runs.js';
import { chartMogulRules, funnelDates, instants, ownReports } from './arbitraries.js';
import { SimulatedAccount } from './simulated-account.js';
import { type Ending, SimulatedJourney } from './simulated-journey.js';
import { billingId, leadId, leadsId, payer } from './situations.js';

const leadOrTrial = ownReports.filter(({ kind }) => kind !== 'paymentSucceeded');
const payment = instants.map(
  (occurredAt): Report => ({ kind: 'paymentSucceeded', occurredAt, billingCustomerId: payer }),
);

const severalReports = fc
  .tuple(leadOrTrial, payment, fc.array(ownReports, { maxLength: 4 }))
  .filter(([one, two, others]) => hasNoLateTrial([one, two, ...others]));

describe('the decisions of a normal journey', () => {
  const story = fc
    .record({
      rules: chartMogulRules,
      reports: severalReports.chain(([one, two, others]) => {
        const all = [one, two, ...others];
        return fc.shuffledSubarray(all, { minLength: all.length });
      }),
      imported: fc.option(funnelDates),
      payerDates: funnelDates,
      sharesPayer: fc.boolean(),
      /** After how many reports the billing integration shows the payer. */
      ingestAfter: fc.integer({ min: 0, max: 7 }),
      /** After how many reports ChartMogul merges the two itself, if at all. */
      autoMergeAfter: fc.option(fc.integer({ min: 1, max: 7 })),
      /** Before which reports the slow lane tries, and pending merges become visible. */
      retriesBefore: fc.uniqueArray(fc.integer({ min: 0, max: 6 })),
      timePassesBefore: fc.uniqueArray(fc.integer({ min: 0, max: 6 })),
    })
    .filter(({ reports, imported }) => hasNoLateTrial([...reports, ...trialOf(imported)]));

  it('end proven, with one record, both ids and the correct dates', () => {
    fc.assert(
      fc.property(story, (told) => {
        const { account, endings } = tell(told);

        // If ChartMogul merged the two before the journey saw the payer's record, nothing explains its earlier dates.
        const mayBeForeign = told.autoMergeAfter !== null && Object.keys(told.payerDates).length > 0;
        const ending = endings.at(-1);
        assert.ok(ending?.do === 'finish' || (mayBeForeign && isForeign(ending)));
        const record = account.recordOf(leadId);
        assert.ok(record && holdsPayer(record, payer));
        assert.deepEqual(datesOf(record), trueDates(told));
      }),
      { numRuns: runs(300) },
    );
  });

  it('end proven again, without a write, when the journey is restarted with what it knew', () => {
    fc.assert(
      fc.property(story, (told) => {
        const { account, journey, endings } = tell(told);
        const before = structuredClone([...account.records]);

        const ending = new SimulatedJourney(account, leadId, resultOf(journey)).run();

        assert.deepEqual(ending, endings.at(-1));
        assert.deepEqual([...account.records], before);
      }),
      { numRuns: runs(100) },
    );
  });

  it('end without a write when the journey is restarted with any of the reports, but has forgotten what it knew', () => {
    fc.assert(
      fc.property(story, fc.nat(), (told, some) => {
        const { account } = tell(told);
        const before = structuredClone([...account.records]);
        const writes = account.writes.length;
        const again = new SimulatedJourney(account, leadId);
        for (const one of told.reports.filter((_, index) => (some >> index) % 2 === 0)) again.report(one);

        const ending = again.run();

        // If lookups do not show merged-away ids, the journey needs a report of lead and payment to find the record.
        assert.ok(ending.do === 'finish' || ending.do === 'raise-attention' || ending.do === 'wait');
        const isExplained = !told.rules.findsMergedIds || endsWithoutPayment(again) || isForeign(ending);
        assert.ok(ending.do === 'finish' || isExplained);
        assert.deepEqual([...account.records], before);
        assert.equal(account.writes.length, writes);
      }),
      { numRuns: runs(100) },
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
      // A journey cannot restore what an automation changed before the journey first looked up an imported lead.
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
    return { account, journey, endings };
  }

  type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

  function trueDates({ reports, imported, payerDates }: Story): FunnelDates {
    const dates = (kind: Report['kind']) => reports.filter((one) => one.kind === kind).map((one) => one.occurredAt);
    const trial = earliest(...dates('trialStarted'), imported?.freeTrialStartedAt, payerDates.freeTrialStartedAt);
    const lead = earliest(...dates('leadCreated'), imported?.leadCreatedAt, payerDates.leadCreatedAt, trial);
    return { ...(lead && { leadCreatedAt: lead }), ...(trial && { freeTrialStartedAt: trial }) };
  }

  /** A journey that knows the payer only from a trial correctly waits for the payment. */
  function endsWithoutPayment({ facts }: SimulatedJourney): boolean {
    return facts.payments.length === 0;
  }
});

/** A trial that was written before an earlier payment is reported stays in ChartMogul; see the notice. */
function hasNoLateTrial(all: readonly Report[]): boolean {
  const [firstPayment = ''] = all
    .filter(({ kind }) => kind === 'paymentSucceeded')
    .map((one) => one.occurredAt)
    .sort();
  return all.every(({ kind, occurredAt }) => kind !== 'trialStarted' || occurredAt <= firstPayment);
}

function trialOf(imported: FunnelDates | null): Report[] {
  const occurredAt = imported?.freeTrialStartedAt;
  return occurredAt === undefined ? [] : [{ kind: 'trialStarted', occurredAt }];
}

function isForeign(ending: Ending | undefined): boolean {
  return ending?.do === 'raise-attention' && ending.code === 'foreign-date';
}

/** What the result of a proven journey contains. */
function resultOf({ facts, observed }: SimulatedJourney): PreviousResult {
  const { corrections, payerDates, otherLeads } = facts;
  return {
    ...asIs({
      leadCreatedAt: leadDate(facts),
      trialStartedAt: trialDate(facts),
      paidAt: paymentDate(facts, observed.pinnedPayer),
      billingCustomerId: payerId(facts, observed.pinnedPayer),
      payerDates,
      otherLeads,
    }),
    corrections,
  };
}

function asIs<T extends object>(object: T): { [key in keyof T]: Exclude<T[key], undefined> } {
  return JSON.parse(JSON.stringify(object));
}

function autoMerge(account: SimulatedAccount, payerRecord: CustomerRecord): void {
  const lead = account.recordOf(leadId);
  if (lead) account.mergeNow(lead, payerRecord);
}

function datesOf({ leadCreatedAt, freeTrialStartedAt }: CustomerRecord): FunnelDates {
  return { ...(leadCreatedAt && { leadCreatedAt }), ...(freeTrialStartedAt && { freeTrialStartedAt }) };
}
