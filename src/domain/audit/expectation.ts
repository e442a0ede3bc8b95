import { addPreviousResult, type Facts, joinFacts, noFacts, type PreviousResult, payerId } from '../journey/facts.js';
import type { Instant } from '../journey/instant.js';
import { nothingObserved } from '../journey/next-step.js';
import type { CustomerRecord } from '../journey/records.js';
import type { Stage } from '../journey/stage.js';
import { afterAnswer, type Knowledge } from '../journey/step-answers.js';

/** What is known of a lead, and so must be in ChartMogul. */
export interface Expectation {
  readonly facts: Facts;
  /** A journey has seen the lead merged. */
  readonly wasMerged: boolean;
}

/** What Temporal's records show of a journey. */
export interface ShownJourney {
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly billingCustomerId?: string;
  readonly mergedAt?: Instant;
  readonly stage?: Stage;
  /** What an operator's unmerge has done. Not in the search attributes. */
  readonly unmerged?: object;
}

/**
 * From a journey's search attributes, or from its whole view.
 *
 * @param previous what a restarted journey would begin with. Dates that only the record has shown are not in it
 */
export function expectationOf(shown: ShownJourney, previous: PreviousResult = previousOf(shown)): Expectation {
  const { leadCreatedAt, trialStartedAt, paidAt, billingCustomerId } = shown;
  const facts = addPreviousResult(noFacts, previous);
  // A customer without a payment is known from its trial.
  const at = trialStartedAt ?? leadCreatedAt;
  const isTrying = billingCustomerId !== undefined && paidAt === undefined && at !== undefined;
  return {
    facts: isTrying ? { ...facts, billingTrials: [{ billingCustomerId, at }] } : facts,
    wasMerged: wasMerged(shown),
  };
}

function previousOf({ leadCreatedAt, trialStartedAt, paidAt, billingCustomerId }: ShownJourney): PreviousResult {
  return {
    ...(leadCreatedAt !== undefined && { leadCreatedAt }),
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(paidAt !== undefined && { paidAt }),
    ...(billingCustomerId !== undefined && { billingCustomerId }),
    corrections: {},
  };
}

/** Whether a journey has seen the lead merged. */
export function wasMerged({ mergedAt, stage, unmerged }: ShownJourney): boolean {
  return mergedAt !== undefined || stage === 'proven' || unmerged !== undefined;
}

/** What two sources know of one lead. */
export function joinExpectations(one: Expectation, other: Expectation): Expectation {
  return { facts: joinFacts(one.facts, other.facts), wasMerged: one.wasMerged || other.wasMerged };
}

/** The knowledge of a journey that is restarted with this expectation, before it has looked up anything. */
export function knowledgeOf({ facts, wasMerged }: Expectation): Knowledge {
  const payer = wasMerged ? payerId(facts) : undefined;
  return {
    facts,
    observed: {
      ...nothingObserved,
      leadRecord: 'created',
      isPreviousResultKnown: true,
      ...(payer !== undefined && { pinnedPayer: payer }),
      ...(wasMerged && { wasMerged }),
    },
  };
}

/** The same, after a lookup of the lead has shown this record. */
export function knowledgeWith(
  expectation: Expectation,
  leadId: string,
  record: CustomerRecord,
  now: Instant,
): Knowledge {
  return afterAnswer(knowledgeOf(expectation), leadId, { do: 'findLead' }, record, now);
}
