import { ApplicationFailure, allHandlersFinished, condition, continueAsNew } from '@temporalio/workflow';
import { milliseconds } from '../domain/duration.js';
import type { NextStep } from '../domain/journey/next-step.js';
import { checkIdForm, leadIdProblems } from '../domain/journey/reports.js';
import { type Carried, carry, journeyMigrations } from './carried-state.js';
import { answerMessages } from './handlers.js';
import { isAtRest, Journey, type JourneyState } from './journey.js';
import type { JourneyResult, Lead } from './messages.js';
import { leadGracePeriod } from './policy.js';
import { runStep } from './steps.js';

/**
 * The journey of one lead: created, dated, merged into the paying customer, and proven in ChartMogul.
 *
 * `journey/next-step.ts` decides the next step (the tutorial's five steps) from the reported facts and the observed
 * records. This function runs one step at a time until nothing is left to do. No `await` lies between the last decision
 * and the return, so no report can be lost.
 *
 * @param carried the state of the previous run, after a continue-as-new.
 */
export async function customerJourney(lead: Lead, carried?: Carried<JourneyState>): Promise<JourneyResult> {
  refuseUnusable(lead);
  const journey = new Journey(lead, carried);
  answerMessages(journey);

  for (;;) {
    const next = journey.decide();
    journey.publish();
    const isAtEnd = journey.closed !== undefined || (next.do === 'finish' && !journey.state.hasWrittenShared);
    if (isAtEnd && !allHandlersFinished()) {
      // An operator's request waited for this look at the records, and may change what is next.
      await condition(allHandlersFinished);
      continue;
    }
    if (journey.closed !== undefined) return journey.result('closed');
    // No request is running and handlers only record, so the state is complete. A late signal goes to the next run.
    if (journey.nextRun.isDue()) {
      if (allHandlersFinished()) {
        return continueAsNew<typeof customerJourney>(lead, carry(journey.state, journeyMigrations));
      }
      if (!isRequest(next) || journey.isUnmergePaused) {
        await condition(allHandlersFinished);
        continue;
      }
    }

    const failure = journey.failureOf(next);
    if (isAtRest(next) && journey.state.hasWrittenShared) await journey.settle();
    else if (next.do === 'finish') return journey.result('proven');
    else if (next.do === 'wait') await journey.waitForChange();
    else if (failure?.nextTryAt !== undefined) await journey.slowLane(failure);
    else if (next.do !== 'raise-attention') await runStep(journey, next);
    else if (next.code === 'payment-without-lead' && !failure && (await journey.waitForChange(leadGracePeriod)))
      continue;
    else journey.raiseAttention(next);
  }
}

/** An operator's request may wait for a request to ChartMogul, which is then made before the next run. */
function isRequest(step: NextStep): boolean {
  return !isAtRest(step) && step.do !== 'raise-attention';
}

/** Fails immediately on invalid input, for callers that do not use this package's starter. */
function refuseUnusable(lead: Partial<Lead> | undefined): void {
  const isUsable =
    leadIdProblems(lead?.leadId, { allowEmail: true, check: checkIdForm }).length === 0 &&
    typeof lead?.account === 'string' &&
    isDuration(lead.attemptTimeout);
  if (isUsable) return;
  const wanted = '{ leadId, account, attemptTimeout? }, as created by the starter of customer-journey';
  throw ApplicationFailure.nonRetryable(`invalid input: must be ${wanted}`, 'InvalidLead');
}

/** Whether the value is undefined or a positive duration. */
export function isDuration(value: Lead['attemptTimeout']): boolean {
  try {
    return value === undefined || milliseconds(value) > 0;
  } catch {
    return false;
  }
}
