import type { RetryPolicy } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, FailureDetail } from '../activities/index.js';
import { milliseconds } from '../domain/duration.js';
import type { AttentionCode, StepName } from '../domain/journey/attention.js';
import { adoptDates, datesAgree, earliestDates, reportedDates } from '../domain/journey/dates.js';
import { payerId, profileOf, recallFacts } from '../domain/journey/facts.js';
import { formatInstant } from '../domain/journey/instant.js';
import { lookAgain, type NextStep, seeLead } from '../domain/journey/next-step.js';
import { type CustomerRecord, holdsLead, holdsOtherLeads } from '../domain/journey/records.js';
import { summaryOf } from './display.js';
import { type Failure, type Journey, now } from './journey.js';
import { chartMogulTaskQueue, workflowTaskQueue } from './messages.js';
import * as policy from './policy.js';

/** A step that is one request to ChartMogul. */
export type RequestStep = Extract<NextStep, { do: StepName }>;

/**
 * Makes the request of a step and takes in the answer; if all attempts fail, raises attention. A step has all the attempts
 * of its fast lane, and a single one once it failed, until it succeeds or an operator asks for a retry.
 *
 * Throws only if the journey itself is cancelled, or for a bug, which must fail the workflow task and not the journey.
 */
export async function tryStep(journey: Journey, step: RequestStep): Promise<void> {
  const scope = new CancellationScope();
  journey.running = { step, scope };
  try {
    await scope.run(() => carryOut(journey, step));
  } catch (error) {
    // Interrupted by a message (a hint, a relink, a close): decide anew. A loop that swallowed the cancellation of the
    // journey itself would spin for ever in one activation.
    if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return;
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    delete journey.state.lookup;
    journey.raise(failureOf(step.do, error));
  } finally {
    journey.running = undefined;
  }
}

async function carryOut(journey: Journey, step: RequestStep): Promise<void> {
  const { leadId } = journey.lead;
  const { facts } = journey.state;
  const chartMogul = activitiesFor(journey, step);
  switch (step.do) {
    case 'createLead': {
      const record = await chartMogul.createLead({ leadId, profile: profileOf(facts), dates: reportedDates(facts) });
      if (record === 'exists') see(journey, { ...lookAgain(journey.state.seen), leadRecord: 'exists' });
      else {
        seeRecord(journey, record);
        see(journey, { ...journey.state.seen, isRecalled: true }); // it is new, so there is nothing to recall
      }
      return;
    }
    case 'recallJourney': {
      const recollection = await chartMogul.recallJourney({ workflowId: workflowInfo().workflowId });
      if (recollection !== 'none') journey.state.facts = recallFacts(journey.state.facts, recollection);
      see(journey, { ...journey.state.seen, isRecalled: true });
      return;
    }
    case 'findLead': {
      const record = await chartMogul.findLead({ leadId });
      // Vanished since the payer was seen, and so perhaps merged into it: the payer has to be seen anew too.
      if (record === 'none') see(journey, { ...lookAgain(journey.state.seen), lead: 'none' });
      else seeRecord(journey, record);
      return;
    }
    case 'writeDates': {
      if (isLeadStale(journey)) return journey.forgetLead();
      const { lead } = journey.state.seen;
      const isShared = lead !== undefined && lead !== 'none' && holdsOtherLeads(lead, leadId);
      const input = { leadId, uuid: step.uuid, dates: step.dates, ...(isShared && { isShared }) };
      const record = await chartMogul.writeDates(input);
      if (record === 'gone') return refused(journey, step.do, step.uuid, 404);
      seeRecord(journey, record);
      // An answer of 200 that kept other dates would have us write for ever; earlier ones are those of another lead.
      const isSharedNow = holdsOtherLeads(record, leadId);
      if (isSharedNow) journey.state.hasWrittenShared = true;
      const wanted = isSharedNow ? earliestDates(record, step.dates) : step.dates;
      if (!datesAgree(record, wanted)) refused(journey, step.do, record.uuid, 200);
      return;
    }
    case 'findPayingCustomer': {
      const { billingCustomerId } = step;
      const record = await chartMogul.findPayingCustomer({ leadId, billingCustomerId });
      delete journey.state.lookup;
      see(journey, { ...journey.state.seen, payer: { billingCustomerId, record } });
      if (holdsLead(record, leadId)) seeRecord(journey, record); // merged already, by whomever
      return;
    }
    case 'requestMerge': {
      if (isLeadStale(journey)) return journey.forgetLead();
      const payer = payerId(facts, journey.state.seen.pinnedPayer);
      // Pinned before the request leaves: whatever becomes of the answer, the merge may happen.
      if (payer !== undefined) see(journey, { ...journey.state.seen, pinnedPayer: payer });
      const answer = await chartMogul.requestMerge({ leadId, from: step.from, into: step.into });
      if (answer !== 'accepted') return refused(journey, step.do, step.into, answer.status);
      see(journey, { ...journey.state.seen, mergeAskedInto: step.into });
      return;
    }
    case 'confirmMerge': {
      const record = await chartMogul.confirmMerge({ leadId, uuid: step.into });
      if (record === 'gone') return refused(journey, step.do, step.into, 404);
      seeRecord(journey, record);
      return;
    }
  }
}

/** The record that holds the lead, as ChartMogul shows it now. */
function seeRecord(journey: Journey, record: CustomerRecord): void {
  const { leadId } = journey.lead;
  journey.state.facts = adoptDates(journey.state.facts, record, leadId);
  journey.state.leadSeenAt = now();
  see(journey, seeLead(leadId, journey.state.seen, record));
}

/**
 * Neither a merge nor an overwritten date can be taken back by us, and weeks may have passed since the lead's record was
 * seen: somebody may have merged it into a stranger's, or a stranger's into it. So it is looked at once more before it is
 * written or merged, unless that was just done.
 */
function isLeadStale({ state }: Journey): boolean {
  return state.leadSeenAt === undefined || Date.now() - Date.parse(state.leadSeenAt) > milliseconds(policy.freshLook);
}

function see(journey: Journey, seen: Journey['state']['seen']): void {
  journey.state.seen = seen;
}

/** ChartMogul refused the step for what the records are by now: look at both again, and do not ask the same at once. */
function refused(journey: Journey, step: StepName, uuid: string, status: number): void {
  see(journey, { ...lookAgain(journey.state.seen), refusal: { step, uuid, status } });
}

function activitiesFor(journey: Journey, step: RequestStep) {
  const { lead } = journey;
  return proxyActivities<Activities>({
    // What Temporal itself is asked must not queue behind ChartMogul's rate.
    taskQueue: step.do === 'recallJourney' ? workflowTaskQueue : chartMogulTaskQueue(lead.account),
    // Neither schedule-to-close nor schedule-to-start: they would count the queueing behind the rate limit.
    startToCloseTimeout: lead.attemptTimeout ?? policy.attemptTimeout,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: lane(journey, step),
    summary: summaryOf(step),
    ...priorityOf(step),
  });
}

function lane(journey: Journey, step: RequestStep): RetryPolicy {
  const trouble = journey.troubleOf(step);
  if (trouble?.step === step.do && !trouble.withAllAttempts) return policy.oneAttempt;
  const fastLane = policy.fastLane[step.do];
  if (step.do !== 'findPayingCustomer') return fastLane;
  return { ...fastLane, maximumAttempts: attemptsLeft(journey, step.billingCustomerId) };
}

/** A lookup that a hint interrupted goes on with the attempts that were left to it. */
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

/** Where it differs from the journey's own, which an activity inherits. */
function priorityOf(step: RequestStep): { readonly priority?: { readonly priorityKey: number } } {
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
};

/** The attention follows the last failure. What is not listed (rate limits, outages, timeouts) is ChartMogul being away. */
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
