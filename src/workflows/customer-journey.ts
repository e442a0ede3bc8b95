import { ApplicationFailure, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { milliseconds } from '../domain/duration.js';
import { leadIdProblems } from '../domain/journey/reports.js';
import { answerMessages } from './handlers.js';
import { isAtRest, Journey, type JourneyState } from './journey.js';
import type { JourneyResult, Lead } from './messages.js';
import { leadGracePeriod } from './policy.js';
import { runStep } from './steps.js';

/**
 * The journey of one lead: created, dated, merged into the paying customer, and proven in ChartMogul.
 *
 * What comes next is decided by `journey/next-step.ts`, the tutorial's five steps, from the facts reported and the records
 * seen. This function carries it out, one request at a time, until the decision is that nothing is left to do. The last
 * decision and the return stand in one synchronous stretch, so no report can slip in between.
 *
 * @param carried the state of a run that was continued as new.
 */
export async function customerJourney(lead: Lead, carried?: JourneyState): Promise<JourneyResult> {
  refuseUnusable(lead);
  const journey = new Journey(lead, carried);
  answerMessages(journey);

  for (;;) {
    const next = journey.decide();
    journey.publish();
    if (journey.closed !== undefined) return { ...journey.view(), outcome: 'closed' };
    // Nothing is in flight here, and handlers only ever record: the state is whole, and a late signal goes to the next run.
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof customerJourney>(lead, journey.state);

    const failure = journey.failureOf(next);
    if (isAtRest(next) && journey.state.hasWrittenShared) await journey.settle();
    else if (next.do === 'finish') return { ...journey.view(), outcome: 'proven' };
    else if (next.do === 'wait') await journey.waitForChange();
    else if (failure?.nextTryAt !== undefined) await journey.slowLane(failure);
    else if (next.do !== 'raise-attention') await runStep(journey, next);
    else if (next.code === 'payment-without-lead' && !failure && (await journey.waitForChange(leadGracePeriod)))
      continue;
    else journey.raiseAttention(next);
  }
}

/** Whoever started this by other means than our starter sees at once that it cannot be. */
function refuseUnusable(lead: Partial<Lead> | undefined): void {
  const isUsable =
    leadIdProblems(lead?.leadId, { allowEmail: true }).length === 0 &&
    typeof lead?.account === 'string' &&
    isDuration(lead.attemptTimeout);
  if (isUsable) return;
  const wanted = '{ leadId, account, attemptTimeout? }, as the starter of customer-journey makes it';
  throw ApplicationFailure.nonRetryable(`a journey is started with ${wanted}`, 'InvalidLead');
}

/** A positive one, or none given. */
export function isDuration(value: Lead['attemptTimeout']): boolean {
  try {
    return value === undefined || milliseconds(value) > 0;
  } catch {
    return false;
  }
}
