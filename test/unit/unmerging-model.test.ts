import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type FunnelDates, funnelDates as toDates } from '../../src/domain/journey/dates.js';
import { payerId } from '../../src/domain/journey/facts.js';
import { earliest } from '../../src/domain/journey/instant.js';
import { type CustomerRecord, holdsPayer } from '../../src/domain/journey/records.js';
import type { Report } from '../../src/domain/journey/reports.js';
import { runs } from '../support/runs.js';
import { chartMogulRules, funnelDates, instants, ownReports } from './arbitraries.js';
import { SimulatedAccount } from './simulated-account.js';
import { mostSteps, SimulatedJourney } from './simulated-journey.js';
import { billingId, leadId, leadsId, payer } from './situations.js';

const billingPayment = instants.map(
  (occurredAt): Report => ({ kind: 'paymentSucceeded', occurredAt, billingCustomerId: payer }),
);

const story = fc.record({
  rules: chartMogulRules.map((rules) => ({ ...rules, readsUntilMerged: Math.min(rules.readsUntilMerged, 3) })),
  before: fc.array(ownReports, { minLength: 1, maxLength: 4 }),
  payment: billingPayment,
  after: fc.array(ownReports, { maxLength: 3 }),
  /** At noon: a record with the reported dates may be one that the journey created itself. */
  imported: fc.option(
    funnelDates.map(({ leadCreatedAt, freeTrialStartedAt }) => toDates(noon(leadCreatedAt), noon(freeTrialStartedAt))),
  ),
  payerDates: funnelDates,
  /** Another lead, which has the payer's dates. */
  sharesPayer: fc.boolean(),
  /** How many steps the journey makes after the last report before the unmerge. */
  stepsBefore: fc.integer({ min: 0, max: 14 }),
  /** After how many of these steps the operator has tried it before, too early or not. */
  triedAfter: fc.option(fc.integer({ min: 0, max: 3 })),
  mergeAnswerIsLost: fc.boolean(),
  refusedUnmerges: fc.integer({ min: 0, max: 2 }),
  /** After how many steps of the unmerge its worker is killed, and the slow lane looks at everything again. */
  interruptedAfter: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }),
});
type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

describe('an unmerge at any moment', () => {
  it('leaves the records as if the wrong link had never been', () => {
    fc.assert(
      fc.property(story, (told) => {
        const { account, journey, wasAsked } = tell(told);
        assert.equal(journey.unmergeEnd === 'unmerged', wasAsked, journey.unmergeEnd);
        if (!wasAsked) return;

        assert.equal(payerId(journey.facts), undefined);
        const rest = [...account.records.values()].find((record) => holdsPayer(record, payer));
        assert.deepEqual(rest?.ids, [billingId(), ...(told.sharesPayer ? [leadsId('lead_2')] : [])]);
        assert.deepEqual(datesOf(rest), toDates(told.payerDates.leadCreatedAt, told.payerDates.freeTrialStartedAt));
        const own = account.recordOf(leadId);
        assert.deepEqual(own?.ids, [leadsId()]);
        assert.deepEqual(datesOf(own), ownDates(told));
      }),
      { numRuns: runs(300) },
    );
  });

  it('ends, and shows what is left if ChartMogul does not clear dates', () => {
    fc.assert(
      fc.property(story, (told) => {
        const { journey, ending } = tell({ ...told, rules: { ...told.rules, ignoresNull: true } });
        assert.notEqual(journey.unmergeEnd, undefined);
        if (journey.unmergeEnd !== 'unmerged') return;
        const isSaid = ending.do === 'wait' || (ending.do === 'raise-attention' && ending.code === 'foreign-date');
        assert.ok(isSaid, JSON.stringify(ending));
      }),
      { numRuns: runs(100) },
    );
  });
});

function tell(told: Story) {
  const account = new SimulatedAccount({ ...told.rules, refusedUnmerges: told.refusedUnmerges });
  const journey = new SimulatedJourney(account, leadId);
  if (told.imported) account.add([leadsId()], told.imported);
  account.add([billingId(), ...(told.sharesPayer ? [leadsId('lead_2')] : [])], told.payerDates);
  const { payerDates } = told;
  journey.datesOfLeads = [
    { leadId: 'lead_2', own: payerDates, payer: { billingCustomerId: payer, dates: payerDates } },
  ];
  for (const report of told.before) journey.report(report);
  journey.report({ kind: 'leadCreated', occurredAt: lastDay });
  journey.report(told.payment);
  const { triedAfter } = told;
  if (triedAfter !== null) {
    journey.runSteps(triedAfter);
    if (!account.writes.some(({ kind }) => kind === 'merge')) journey.unmerge();
  }
  journey.runSteps(told.stepsBefore);
  const isMerging = told.mergeAnswerIsLost && journey.mergeWithoutAnswer();

  const wasAsked = account.writes.some(({ kind }) => kind === 'merge');
  journey.unmerge({ isMerging });
  for (const steps of told.interruptedAfter) {
    journey.runSteps(steps);
    journey.retry();
  }
  let ending = journey.run(2 * mostSteps);
  for (const report of told.after) journey.report(report);
  for (let tries = 0; tries < 3; tries += 1) {
    journey.retry();
    ending = journey.run(2 * mostSteps);
    account.letTimePass();
  }
  return { account, journey, wasAsked, ending };
}

function noon(day: string | undefined): string | undefined {
  return day?.replace('T00', 'T12');
}

const lastDay = '2016-01-10T00:00:00Z';

/** What the lead has without its wrong customer. */
function ownDates({ before, after, imported }: Story): FunnelDates {
  const own = [...before, ...after].filter((report) => !('billingCustomerId' in report));
  const dates = (kind: Report['kind']) => own.filter((one) => one.kind === kind).map(({ occurredAt }) => occurredAt);
  const trial = earliest(...dates('trialStarted'), imported?.freeTrialStartedAt);
  return toDates(earliest(...dates('leadCreated'), lastDay, imported?.leadCreatedAt, trial), trial);
}

function datesOf(record: CustomerRecord | undefined): FunnelDates {
  return toDates(record?.leadCreatedAt, record?.freeTrialStartedAt);
}
