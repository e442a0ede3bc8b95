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
    const joined = joinFacts(this.facts, factsOf(report, this.leadId));
    const wasPaid = paymentDate(this.facts, this.observed.pinnedPayer) !== undefined;
    this.facts = joined;
    const isFirstPayment = !wasPaid && paymentDate(joined, this.observed.pinnedPayer) !== undefined;
    if (isFirstPayment && mergedRecord(joined, this.observed)) this.observed = lookAgain(this.observed);
  }

  /** The slow lane's next try, or an operator's `retry`: looks up everything again. */
  retry({ recreate = false } = {}): void {
    const { refusal, ...observed } = this.observed;
    const leadRecord = recreate && observed.lead === 'none' ? 'not-made' : observed.leadRecord;
    this.observed = lookAgain({ ...observed, leadRecord });
  }

  /** Runs until nothing is left to do for now. */
  run(): Ending {
    this.runs += 1;
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const payer = payerId(this.facts, this.observed.pinnedPayer);
      if (payer !== undefined && mergedRecord(this.facts, this.observed))
        this.observed = { ...this.observed, pinnedPayer: payer };
      if (hasPayerLeft(this.observed)) this.observed = forgetPayer(this.observed);
      const next = nextStep(this.leadId, this.facts, this.observed);
      if (this.known.hasWrittenShared && (next.do === 'finish' || next.do === 'wait')) {
        const { hasWrittenShared, ...known } = this.known;
        this.known = known;
        this.forgetLead();
        continue;
      }
      if (next.do === 'finish' || next.do === 'wait' || next.do === 'raise-attention') return next;
      this.mayBeDone(next, payer);
      const failure = this.makeRequest(next);
      if (failure) return { do: 'raise-attention', goal: goalOf[next.do], step: next.do, code: failure };
    }
    return assert.fail(`still going after ${mostSteps} steps`);
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
    }
  }

  private forgetLead(): void {
    const { lead, ...observed } = this.observed;
    this.observed = observed;
  }
}
