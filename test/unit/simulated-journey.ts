import assert from 'node:assert/strict';
import { type AttentionCode, goalOf, type StepName } from '../../src/domain/journey/attention.js';
import { adoptDates, datesAgree, reportedDates } from '../../src/domain/journey/dates.js';
import { type Facts, factsOf, joinFacts, noFacts, payerId, paymentDate } from '../../src/domain/journey/facts.js';
import {
  lookAgain,
  mergedRecord,
  type NextStep,
  nextStep,
  nothingSeen,
  type Sightings,
  seeLead,
} from '../../src/domain/journey/next-step.js';
import {
  type CustomerRecord,
  holdsAnyPayer,
  holdsLead,
  holdsPayer,
  idsBeside,
} from '../../src/domain/journey/records.js';
import type { Report } from '../../src/domain/journey/reports.js';
import type { SimulatedAccount } from './simulated-account.js';

/** Looks at the payer, and looks for the merge, before attention is raised. */
const attempts = 3;

/** Far more than any journey needs between two things that happen: two rounds of looking at everything. */
export const mostSteps = 12;

/** How a stretch of a journey ends: the last decision, or the attention that a request raised. */
export type Ending = Extract<NextStep, { do: 'finish' | 'wait' | 'attend' }>;

/** Carries out the decisions of `nextStep` as the workflow does, against records in memory and without a clock. */
export class SimulatedJourney {
  facts: Facts = noFacts;
  seen: Sightings = nothingSeen;
  /** Time passed since the lead's record was seen: it is looked at once more before a merge. */
  private isLeadStale = true;

  constructor(
    private readonly account: SimulatedAccount,
    private readonly leadId: string,
  ) {}

  report(report: Report): void {
    const joined = joinFacts(this.facts, factsOf(report, this.leadId));
    const wasPaid = paymentDate(this.facts, this.seen.pinnedPayer) !== undefined;
    this.facts = joined;
    const isFirstPayment = !wasPaid && paymentDate(joined, this.seen.pinnedPayer) !== undefined;
    if (isFirstPayment && mergedRecord(joined, this.seen)) this.seen = lookAgain(this.seen);
  }

  /** The slow lane's next try, or an operator's `retry`: a fresh look at everything. */
  retry({ recreate = false } = {}): void {
    const { refusal, ...seen } = this.seen;
    const leadRecord = recreate && seen.lead === 'none' ? 'not-made' : seen.leadRecord;
    this.seen = lookAgain({ ...seen, leadRecord });
  }

  /** Goes on until nothing is left to do for now. */
  run(): Ending {
    this.isLeadStale = true;
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const payer = payerId(this.facts, this.seen.pinnedPayer);
      if (payer !== undefined && mergedRecord(this.facts, this.seen)) this.seen = { ...this.seen, pinnedPayer: payer };
      const next = nextStep(this.leadId, this.facts, this.seen);
      if (next.do === 'finish' || next.do === 'wait' || next.do === 'attend') return next;
      this.mayBeDone(next, payer);
      const failure = this.carryOut(next, payer);
      if (failure) return { do: 'attend', goal: goalOf[next.do], step: next.do, code: failure };
    }
    return assert.fail(`still going after ${mostSteps} steps`);
  }

  /** What must hold for what the journey knows, whatever has become of the records meanwhile. */
  private mayBeDone(next: NextStep, payer: string | undefined): void {
    const { lead } = this.seen;
    if (next.do === 'writeDates') {
      assert.ok(lead && lead !== 'none' && lead.uuid === next.uuid && holdsLead(lead, this.leadId));
      const isOurs = idsBeside(lead, this.leadId).length === 0 || (payer !== undefined && holdsPayer(lead, payer));
      assert.ok(isOurs, "a stranger's record would be written");
      assert.ok(!datesAgree(lead, next.dates), 'dates would be written that stand there');
    }
    if (next.do === 'requestMerge') {
      assert.ok(lead && lead !== 'none' && lead.uuid === next.from && next.from !== next.into);
      assert.ok(!holdsAnyPayer(lead), 'a record with a billing id would be merged from');
      assert.ok(payer !== undefined && this.seen.payer && holdsPayer(this.seen.payer.record, payer));
    }
  }

  private carryOut(step: NextStep, payer: string | undefined): AttentionCode | undefined {
    const { account, leadId } = this;
    switch (step.do) {
      case 'createLead': {
        const record = account.create(leadId, reportedDates(this.facts));
        if (record === 'exists') this.seen = { ...lookAgain(this.seen), leadRecord: 'exists' };
        else {
          this.seeRecord(record);
          this.seen = { ...this.seen, isRecalled: true };
        }
        return undefined;
      }
      case 'recallJourney':
        this.seen = { ...this.seen, isRecalled: true }; // the worst case: Temporal has forgotten it
        return undefined;
      case 'findLead': {
        const record = account.findLead(leadId);
        if (record === 'none') this.seen = { ...lookAgain(this.seen), lead: 'none' };
        else this.seeRecord(record);
        return undefined;
      }
      case 'writeDates': {
        if (this.isLeadStale) return this.forgetLead();
        const record = account.patch(step.uuid, step.dates);
        if (record === 'gone') return this.refused('writeDates', step.uuid, 404);
        this.seeRecord(record);
        return undefined;
      }
      case 'findPayingCustomer': {
        const record = account.findPayer(step.billingCustomerId);
        if (!record) return 'payer-not-found';
        this.seen = { ...this.seen, payer: { billingCustomerId: step.billingCustomerId, record } };
        if (holdsLead(record, leadId)) this.seeRecord(record);
        return undefined;
      }
      case 'requestMerge': {
        if (this.isLeadStale) return this.forgetLead();
        if (payer !== undefined) this.seen = { ...this.seen, pinnedPayer: payer };
        const answer = account.merge(step.from, step.into);
        if (answer !== 'accepted') return this.refused('requestMerge', step.into, answer.status);
        this.seen = { ...this.seen, mergeAskedInto: step.into };
        return undefined;
      }
      case 'confirmMerge': {
        for (let attempt = 0; attempt < attempts; attempt += 1) {
          const record = account.retrieve(step.into);
          if (record === 'gone') return this.refused('confirmMerge', step.into, 404);
          if (!holdsLead(record, leadId)) continue;
          this.seeRecord(record);
          return undefined;
        }
        return 'merge-unconfirmed';
      }
      default:
        return assert.fail(`${step.do} is no request`);
    }
  }

  private seeRecord(record: CustomerRecord): void {
    this.facts = adoptDates(this.facts, record, this.leadId);
    this.seen = seeLead(this.leadId, this.seen, record);
    this.isLeadStale = false;
  }

  private forgetLead(): undefined {
    const { lead, ...seen } = this.seen;
    this.seen = seen;
  }

  private refused(step: StepName, uuid: string, status: number): undefined {
    this.seen = { ...lookAgain(this.seen), refusal: { step, uuid, status } };
  }
}
