import type { RetryPolicy } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { FindPreviousResultInput } from '../activities/find-previous-result.js';
import type { Activities, FailureDetail } from '../activities/index.js';
import { milliseconds } from '../domain/duration.js';
import { type AttentionCode, goalOf, type StepName } from '../domain/journey/attention.js';
import { reportedDates } from '../domain/journey/dates.js';
import { profileOf } from '../domain/journey/facts.js';
import { formatInstant } from '../domain/journey/instant.js';
import type { NextStep } from '../domain/journey/next-step.js';
import { holdsOtherLeads, isMergedWithPayer } from '../domain/journey/records.js';
import { afterAnswer, beforeRequest, needsFreshLook, type StepAnswers } from '../domain/journey/step-answers.js';
import { summaryOf } from './display.js';
import { type Failure, type Journey, now, type RunningRequest } from './journey.js';
import { chartMogulTaskQueue, type Lead, workflowTaskQueue } from './messages.js';
import * as policy from './policy.js';
import { currentRules } from './rules.js';

/** A step that is one request to ChartMogul. */
export type RequestStep = Extract<NextStep, { do: StepName }>;

/**
 * Sends the request of a step and stores the answer. If all attempts fail, raises attention. A step has all attempts of
 * its fast lane. Once it has failed, it has a single attempt until it succeeds or an operator requests a retry.
 *
 * Throws only if the journey itself is cancelled, or for a bug, which must fail the workflow task and not the journey.
 */
export async function runStep(journey: Journey, step: RequestStep): Promise<void> {
  const request: RunningRequest = { step, scope: new CancellationScope() };
  journey.running = request;
  try {
    await request.scope.run(() => makeRequest(journey, step));
    request.end = 'answered';
  } catch (error) {
    request.end = isCancellation(error) ? 'cancelled' : 'failed';
    // Interrupted by a message (a hint, a relink, a close): decide again. Never swallow a cancellation of the journey
    // itself: the loop would run forever in one activation.
    if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return;
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    delete journey.state.lookup;
    const failure = failureOf(step.do, error);
    // ChartMogul answers again, so what was raised is over: the step waits for its answer with all attempts.
    if (isNotYetAfterFailure(journey, step, failure) && patched('not-yet-after-failure')) {
      journey.resolve(goalOf[step.do]);
    } else journey.raiseAttention(failure);
  } finally {
    journey.running = undefined;
    if (request.isAwaited) await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

/**
 * Cancels the running request, for a message handler. A lookup is abandoned at once. A write may already be on its way
 * to ChartMogul, so the handler must await the returned promise before it answers: the journey then knows what the
 * write has done, and continues only after the handler.
 *
 * @returns undefined if there is nothing to wait for
 */
export function stopRequest(journey: Journey): Promise<RunningRequest> | undefined {
  const { running } = journey;
  running?.scope.cancel();
  if (running === undefined || !isWrite(running.step) || !patched(waitForWrites)) return undefined;
  running.isAwaited = true;
  return CancellationScope.nonCancellable(() => condition(() => running.end !== undefined)).then(() => running);
}

/** Journeys from before this patch have cancelled writes without waiting for them. */
const waitForWrites = 'wait-for-writes';

/** Journeys from before this patch have continued as new only between two requests. */
const continueDuringRequest = 'continue-during-request';

/** The steps that change something in ChartMogul. */
const writes: readonly string[] = ['createLead', 'writeDates', 'requestMerge', 'requestUnmerge', 'restoreDates'];

function isWrite({ do: name }: NextStep): boolean {
  return writes.includes(name);
}

/** The steps that ask Temporal itself, which must not wait for ChartMogul's rate limit. */
const queries: readonly string[] = ['findPreviousResult', 'findDatesOfLeads'];

/**
 * Cancels the running request if the history has become too long, so that the journey continues as new. Without a
 * worker, a request may stay in the queue for days, while every signal adds events. Called after each signal.
 */
export function stopIfTooLong({ running, waitingHandlers }: Journey): void {
  if (!running || waitingHandlers > 0 || !workflowInfo().continueAsNewSuggested) return;
  if (patched(continueDuringRequest)) running.scope.cancel();
}

async function makeRequest(journey: Journey, step: RequestStep): Promise<void> {
  // Weeks may have passed, and the lead's record may have been merged with another customer's.
  if (needsFreshLook(step) && isLeadStale(journey)) return journey.forgetLead();
  journey.learn(beforeRequest(journey.state, step));
  const request = answerTo(journey, step);
  const answer = await (isWrite(step) ? endOfWrite(request) : request);
  if (step.do === 'findPayingCustomer') delete journey.state.lookup;
  if (typeof answer === 'object' && 'ids' in answer) {
    journey.forgetMergeInOldRuns(answer);
    if (step.do === 'findPayingCustomer') journey.forgetPayerDatesInOldRuns(step.billingCustomerId, answer);
  }
  journey.learn(afterAnswer(journey.state, journey.lead.leadId, step, answer, now()));
}

/**
 * Waits for a write even if it is cancelled. A write that has not reached a worker ends at once. A write that a worker
 * is sending ends with ChartMogul's answer.
 */
async function endOfWrite<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const abandoned = CancellationScope.current().cancelRequested.catch(async (cancellation: unknown) => {
    if (patched(waitForWrites)) return answer;
    await endOfActivation(); // an answer in the same activation counts
    throw cancellation;
  });
  return Promise.race([answer, abandoned]);
}

/** Waits until everything else in this activation has been processed. */
function endOfActivation(): Promise<void> {
  let isFirstCheck = true;
  return CancellationScope.nonCancellable(() =>
    condition(() => {
      const isLater = !isFirstCheck;
      isFirstCheck = false;
      return isLater;
    }),
  );
}

function answerTo(journey: Journey, step: RequestStep): Promise<StepAnswers[StepName]> {
  const { leadId } = journey.lead;
  const { facts, observed } = journey.state;
  const chartMogul = activitiesFor(journey, step);
  switch (step.do) {
    case 'createLead':
      return chartMogul.createLead({ leadId, profile: profileOf(facts), dates: reportedDates(facts) });
    case 'findPreviousResult':
      return chartMogul.findPreviousResult(previousResultInput(journey));
    case 'findLead':
      return chartMogul.findLead({ leadId });
    case 'writeDates': {
      const { lead } = observed;
      const isShared = lead !== undefined && lead !== 'none' && holdsOtherLeads(lead, leadId);
      return chartMogul.writeDates({ leadId, uuid: step.uuid, dates: step.dates, ...(isShared && { isShared }) });
    }
    case 'findPayingCustomer':
      return chartMogul.findPayingCustomer({ leadId, billingCustomerId: step.billingCustomerId });
    case 'requestMerge':
      return chartMogul.requestMerge({ leadId, from: step.from, into: step.into });
    case 'confirmMerge':
      return chartMogul.confirmMerge({
        leadId,
        uuid: step.into,
        ...(step.other !== undefined && { other: step.other }),
      });
    case 'requestUnmerge':
      return chartMogul.requestUnmerge({ leadId, uuid: step.uuid });
    case 'confirmUnmerge':
      return chartMogul.confirmUnmerge({ leadId, uuid: step.uuid });
    case 'restoreDates':
      return chartMogul.restoreDates({ leadId, uuid: step.uuid, dates: step.dates });
    case 'findDatesOfLeads':
      return chartMogul.findDatesOfLeads({ account: journey.lead.account, leadIds: step.leadIds });
  }
}

function previousResultInput({ lead: { leadId }, state: { observed } }: Journey): FindPreviousResultInput {
  const { lead, pinnedPayer, previousRunId } = observed;
  const isMerged = lead !== undefined && lead !== 'none' && isMergedWithPayer(lead, leadId);
  return {
    workflowId: workflowInfo().workflowId,
    ...(previousRunId !== undefined && { runId: previousRunId }),
    ...(isMerged && pinnedPayer === undefined && { isExpected: true }),
  };
}

/** Deletes the lead's record. @throws ApplicationFailure of type `Refused`, with the reason for an operator */
export async function deleteRecord({ leadId, account, attemptTimeout }: Lead): Promise<void> {
  const chartMogul = proxyActivities<Activities>({
    taskQueue: chartMogulTaskQueue(account),
    startToCloseTimeout: attemptTimeout ?? policy.attemptTimeout,
    retry: policy.whileOperatorWaits,
    summary: "Delete the lead's record",
    priority: { priorityKey: policy.lookupPriority },
  });
  const answer = await chartMogul.deleteLead({ leadId }).catch((error: unknown) => {
    if (isCancellation(error)) throw error;
    throw refusal('ChartMogul did not delete the record. Nothing was deleted, and the journey goes on; try again');
  });
  if (answer === 'merged') {
    throw refusal(
      'the record is merged with other ids. Nothing was deleted, and the journey goes on; `unmerge` the lead first',
    );
  }
}

function refusal(text: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(text, 'Refused');
}

/** Whether the lead's record was not observed within the last seconds. */
function isLeadStale({ state }: Journey): boolean {
  const { leadObservedAt } = state;
  return (
    leadObservedAt === undefined || Date.now() - Date.parse(leadObservedAt) > milliseconds(currentRules().freshLook)
  );
}

function activitiesFor(journey: Journey, step: RequestStep) {
  const { lead } = journey;
  return proxyActivities<Activities>({
    taskQueue: queries.includes(step.do) ? workflowTaskQueue : chartMogulTaskQueue(lead.account),
    // No schedule-to-close or schedule-to-start timeout: it would include the wait for the rate limit.
    startToCloseTimeout: lead.attemptTimeout ?? policy.attemptTimeout,
    ...(isWrite(step)
      ? {
          cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
          heartbeatTimeout: policy.heartbeatTimeout,
        }
      : { cancellationType: ActivityCancellationType.TRY_CANCEL }),
    retry: retryPolicyOf(journey, step),
    summary: summaryOf(step),
    ...priorityOf(journey, step),
  });
}

/** The answers of a step that only mean to ask again. */
const notYet: { readonly [Name in StepName]?: AttentionCode } = {
  findPayingCustomer: 'payer-not-found',
  confirmMerge: 'merge-unconfirmed',
  confirmUnmerge: 'unmerge-unconfirmed',
};

/** Whether a step that failed, for example for its API key, now has the answer "not yet". */
function isNotYetAfterFailure(journey: Journey, step: RequestStep, { code }: Failure): boolean {
  const before = journey.failureOf(step);
  return before !== undefined && before.code !== code && notYet[step.do] === code;
}

function retryPolicyOf(journey: Journey, step: RequestStep): RetryPolicy {
  const failure = journey.failureOf(step);
  // Temporal repeats attempts without the workflow, which would show the old failure until the last one. So a step that
  // waits for an answer has one attempt after another failure: its answer decides what is shown.
  const isShownUntilLast = failure !== undefined && step.do in notYet && notYet[step.do] !== failure.code;
  if (failure?.step === step.do && (!failure.withAllAttempts || isShownUntilLast)) return policy.oneAttempt;
  const fastLane = policy.fastLane[step.do];
  if (step.do !== 'findPayingCustomer') return fastLane;
  return { ...fastLane, maximumAttempts: attemptsLeft(journey, step.billingCustomerId) };
}

/** A lookup that was interrupted by a hint continues with its remaining attempts. */
function attemptsLeft(journey: Journey, billingCustomerId: string): number {
  const interval = milliseconds(policy.lookupInterval);
  const { state } = journey;
  if (state.lookup?.billingCustomerId !== billingCustomerId) {
    const until = formatInstant(new Date(Date.now() + (policy.lookupAttempts - 1) * interval));
    state.lookup = { billingCustomerId, until };
    return policy.lookupAttempts;
  }
  return Math.max(1, Math.floor((Date.parse(state.lookup.until) - Date.now()) / interval) + 1);
}

/** The step's priority, if it differs from the journey's own, which activities inherit. */
function priorityOf({ state }: Journey, step: RequestStep): { readonly priority?: { readonly priorityKey: number } } {
  if (state.unmerging) return { priority: { priorityKey: policy.lookupPriority } }; // an operator waits
  const isBackfill = workflowInfo().priority?.priorityKey === policy.backfillPriority;
  if (isBackfill) return step.do === 'createLead' ? {} : { priority: { priorityKey: policy.begunBackfillPriority } };
  return step.do === 'findPayingCustomer' ? { priority: { priorityKey: policy.lookupPriority } } : {};
}

const attentionOfType: Record<string, AttentionCode> = {
  Unauthorized: 'unauthorized',
  Refused: 'refused',
  PayerNotFound: 'payer-not-found',
  PayerAmbiguous: 'payer-ambiguous',
  MergeUnconfirmed: 'merge-unconfirmed',
  UnmergeUnconfirmed: 'unmerge-unconfirmed',
};

/** The attention code of the last failure. Unlisted types (rate limits, outages, timeouts) mean `unavailable`. */
function failureOf(step: StepName, error: ActivityFailure): Failure {
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return { step, code: 'unavailable' };
  const [detail] = (cause.details ?? []) as [FailureDetail?]; // written by activities/failures.ts
  return {
    step,
    code: attentionOfType[cause.type ?? ''] ?? 'unavailable',
    ...(detail?.status !== undefined && { status: detail.status }),
    ...(detail?.text !== undefined && { detail: detail.text }),
  };
}
