import assert from 'node:assert/strict';
import { type AttentionCode, goalOf, type StepName } from '../../src/domain/journey/attention.js';
import { datesAgree, reportedDates } from '../../src/domain/journey/dates.js';
import {
  type Facts,
  factsOf,
  isConfirmed,
  joinFacts,
  noFacts,
  type PreviousResult,
  payerId,
  paymentDate,
} from '../../src/domain/journey/facts.js';
import { formatInstant, type Instant } from '../../src/domain/journey/instant.js';
import {
  forgetPayer,
  hasPayerLeft,
  lookAgain,
  mergedRecord,
  type NextStep,
  nextStep,
  nothingObserved,
  type Observations,
  retried,
} from '../../src/domain/journey/next-step.js';
import { holdsAnyPayer, holdsLead, holdsPayer, idsBeside } from '../../src/domain/journey/records.js';
import type { Report } from '../../src/domain/journey/reports.js';
import {
  afterAnswer,
  beforeRequest,
  type Knowledge,
  needsFreshLook,
  type StepAnswers,
} from '../../src/domain/journey/step-answers.js';
import {
  afterFailures,
  afterUnmerge,
  beginUnmerge,
  type DatesOfLead,
  type UnmergeEnd,
  unmergeStep,
  withoutUnmergedTrial,
} from '../../src/domain/journey/unmerging.js';
import type { SimulatedAccount } from './simulated-account.js';

/** Lookups of the payer and of the merge before attention is raised. */
const attempts = 3;

/** Far more steps than a journey needs between two events: two full rounds of lookups. */
export const mostSteps = 12;

/** How a run of steps ends: the last decision, or the attention that a request raised. */
export type Ending = Extract<NextStep, { do: 'finish' | 'wait' | 'raise-attention' }>;

type RequestStep = Extract<NextStep, { do: StepName }>;

/** Runs `nextStep` and `afterAnswer` like the workflow, with records in memory and without a clock. */
export class SimulatedJourney {
  private known: Knowledge = { facts: noFacts, observed: nothingObserved };
  private runs = 0;
  /** What the journeys of other leads know. */
  datesOfLeads: readonly DatesOfLead[] = [];
  unmergeEnd: UnmergeEnd['outcome'] | undefined;
  private lastFailure: AttentionCode | undefined;

  constructor(
    private readonly account: SimulatedAccount,
    private readonly leadId: string,
    private readonly previous?: PreviousResult,
  ) {
    if (previous) this.observed = { ...nothingObserved, previousRunId: 'previous' };
  }

  get facts(): Facts {
    return this.known.facts;
  }

  get observed(): Observations {
    return this.known.observed;
  }

  set facts(facts: Facts) {
    this.known = { ...this.known, facts };
  }

  private set observed(observed: Observations) {
    this.known = { ...this.known, observed };
  }

  /** One instant per run: a record observed in an earlier run is stale. */
  private get now(): Instant {
    return formatInstant(new Date(this.runs * 1000));
  }

  report(report: Report): void {
    const joined = joinFacts(this.facts, withoutUnmergedTrial(this.facts, factsOf(report, this.leadId)));
    const wasPaid = paymentDate(this.facts, this.observed.pinnedPayer) !== undefined;
    this.facts = joined;
    const isFirstPayment = !wasPaid && paymentDate(joined, this.observed.pinnedPayer) !== undefined;
    if (isFirstPayment && mergedRecord(joined, this.observed)) this.observed = lookAgain(this.observed);
  }

  /** The slow lane's next try, or an operator's `retry`: looks up everything again. */
  retry({ recreate = false } = {}): void {
    this.observed = retried(this.observed, { recreate });
  }

  /** An operator takes back the merge. */
  unmerge({ isMerging = false } = {}): void {
    this.lastFailure = undefined;
    this.known = { ...this.known, ...beginUnmerge(this.known, 'wrong customer', { isMerging }) };
  }

  /** Sends a merge request whose answer never arrives. Returns false if that is not the next step. */
  mergeWithoutAnswer(): boolean {
    const next = this.next();
    if (next.do !== 'requestMerge' || this.known.leadObservedAt !== this.now) return false;
    this.known = beforeRequest(this.known, next);
    this.answerTo(next);
    return true;
  }

  /** The journey is stopped after some steps, and goes on with the next run: nothing but its knowledge is kept. */
  runSteps(count: number): void {
    this.runs += 1;
    for (let steps = 0; steps < count; steps += 1) {
      const next = this.next();
      if (next.do === 'finish' || next.do === 'wait' || next.do === 'raise-attention') return;
      this.lastFailure = this.makeRequest(next);
    }
  }

  /** Runs until nothing is left to do for now. */
  run(most = mostSteps): Ending {
    this.runs += 1;
    for (let steps = 0; steps < most; steps += 1) {
      const payer = payerId(this.facts, this.observed.pinnedPayer);
      if (payer !== undefined && mergedRecord(this.facts, this.observed))
        this.observed = { ...this.observed, pinnedPayer: payer };
      if (!this.known.unmerging && hasPayerLeft(this.observed)) this.observed = forgetPayer(this.observed);
      const next = this.next();
      if (this.known.hasWrittenShared && (next.do === 'finish' || next.do === 'wait')) {
        const { hasWrittenShared, ...known } = this.known;
        this.known = known;
        this.forgetLead();
        continue;
      }
      if (next.do === 'finish' || next.do === 'wait' || next.do === 'raise-attention') return next;
      this.mayBeDone(next, payer);
      const failure = this.makeRequest(next);
      this.lastFailure = failure;
      const isHandled = this.known.unmerging !== undefined && failure !== 'unmerge-unconfirmed';
      if (failure && !isHandled) return { do: 'raise-attention', goal: goalOf[next.do], step: next.do, code: failure };
    }
    return assert.fail(`still going after ${most} steps`);
  }

  /** As in the workflow: the end of an unmerge is recorded before the next decision. */
  private next(): NextStep {
    const { unmerging } = this.known;
    if (unmerging !== undefined) {
      const code = this.lastFailure;
      const failures =
        code === undefined ? [] : [{ goal: 'merge', step: 'confirmMerge', code, since: '', slowTries: 0 } as const];
      const known = { ...this.known, unmerging: afterFailures(unmerging, failures) };
      this.known = known;
      this.lastFailure = undefined;
      const step = unmergeStep(this.leadId, known);
      if (step.do !== 'end-unmerge') return step;
      this.endUnmerge(step.outcome);
    }
    return nextStep(this.leadId, this.facts, this.observed);
  }

  private endUnmerge(outcome: UnmergeEnd['outcome']): void {
    const { unmerging, hasWrittenShared, ...known } = this.known;
    this.unmergeEnd = outcome;
    if (unmerging === undefined) return;
    this.known = { ...known, ...afterUnmerge(this.leadId, { ...known, unmerging }, outcome) };
  }

  /** Invariants of the journey's knowledge, regardless of changes to the records. */
  private mayBeDone(next: NextStep, payer: string | undefined): void {
    const { lead } = this.observed;
    if (next.do === 'writeDates') {
      assert.ok(lead && lead !== 'none' && lead.uuid === next.uuid && holdsLead(lead, this.leadId));
      const isOurs = idsBeside(lead, this.leadId).length === 0 || (payer !== undefined && holdsPayer(lead, payer));
      assert.ok(isOurs, "a stranger's record would be written");
      assert.ok(!datesAgree(lead, next.dates), 'dates would be written that stand there');
    }
    if (next.do === 'requestMerge' && next.other) {
      const other = this.observed.payer;
      assert.ok(lead && lead !== 'none' && lead.uuid === next.into && other?.record.uuid === next.from);
      assert.ok(isConfirmed(this.facts, other.billingCustomerId), 'a person was merged without a confirmation');
    } else if (next.do === 'requestMerge') {
      assert.ok(lead && lead !== 'none' && lead.uuid === next.from && next.from !== next.into);
      assert.ok(!holdsAnyPayer(lead), 'a record with a billing id would be merged from');
      assert.ok(payer !== undefined && this.observed.payer && holdsPayer(this.observed.payer.record, payer));
    }
  }

  private makeRequest(step: RequestStep): AttentionCode | undefined {
    if (needsFreshLook(step) && this.known.leadObservedAt !== this.now) {
      this.forgetLead();
      return undefined;
    }
    this.known = beforeRequest(this.known, step);
    const answer = this.answerTo(step);
    if (typeof answer === 'object' && 'failure' in answer) return answer.failure;
    this.known = afterAnswer(this.known, this.leadId, step, answer, this.now);
    return undefined;
  }

  private answerTo(step: RequestStep): StepAnswers[StepName] | { readonly failure: AttentionCode } {
    const { account, leadId } = this;
    switch (step.do) {
      case 'createLead':
        return account.create(leadId, reportedDates(this.facts));
      case 'findPreviousResult':
        return this.previous ?? 'none'; // the worst case: Temporal no longer retains it
      case 'findLead':
        return account.findLead(leadId);
      case 'writeDates':
        return account.patch(step.uuid, step.dates);
      case 'findPayingCustomer':
        return account.findPayer(step.billingCustomerId) ?? { failure: 'payer-not-found' };
      case 'requestMerge':
        return account.merge(step.from, step.into);
      case 'confirmMerge': {
        for (let attempt = 0; attempt < attempts; attempt += 1) {
          const record = account.retrieve(step.into);
          if (record === 'gone') return record;
          if (holdsLead(record, leadId) && (!step.other || holdsPayer(record, step.other))) return record;
        }
        return { failure: 'merge-unconfirmed' };
      }
      case 'requestUnmerge':
        return account.unmerge(step.uuid, leadId);
      case 'confirmUnmerge': {
        for (let attempt = 0; attempt < attempts; attempt += 1) {
          const record = account.findLead(leadId);
          if (record !== 'none' && record.uuid !== step.uuid) return record;
        }
        return { failure: 'unmerge-unconfirmed' };
      }
      case 'restoreDates':
        return account.restore(step.uuid, step.dates);
      case 'findDatesOfLeads':
        return step.leadIds.map((id) => this.datesOfLeads.find((dates) => dates.leadId === id) ?? { leadId: id });
    }
  }

  private forgetLead(): void {
    const { lead, ...observed } = this.observed;
    this.observed = observed;
  }
}
