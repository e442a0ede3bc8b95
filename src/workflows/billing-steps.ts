import type { RetryPolicy } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { linkRefusal } from '../domain/billing/link-refusal.js';
import type { NextAction } from '../domain/billing/next-action.js';
import { redactId } from '../domain/journey/records.js';
import type { BillingMemory } from './billing-memory.js';
import { chartMogulTaskQueue, journeyId, payerHint, workflowTaskQueue } from './messages.js';
import * as policy from './policy.js';

type ActionTo<Do extends NextAction['do']> = Extract<NextAction, { do: Do }>;

/**
 * Notifies the lead's journey. Uses an activity, since a workflow cannot signal-with-start another workflow.
 *
 * After a few failed attempts the Web UI shows that the notification is pending, and links are answered. When all
 * attempts have failed, raises attention. From then on a try has one attempt, until it succeeds. An operator's link
 * interrupts the attempts.
 */
export async function notifyJourney(memory: BillingMemory, action: ActionTo<'notify-journey'>): Promise<void> {
  const { link, notification, reinstates } = action;
  const { customer } = memory;
  const summary = `Notify the journey of lead ${redactId(notification.leadId)}`;
  const input = { ...customer, ...notification, ...(reinstates && { reinstates }) };
  const rounds = memory.isUnreachable ? [policy.oneAttempt] : [policy.fewAttempts, policy.shortOutage];
  memory.startNotifying(link);
  let failure = '';
  for (const retry of rounds) {
    const scope = new CancellationScope();
    memory.running = scope;
    try {
      await scope.run(() => temporal(summary, retry).notifyJourney(input));
      return memory.noteNotified(notification);
    } catch (error) {
      failure = failureText(error, scope);
      if (scope.consideredCancelled) return;
      if (isFinal(error)) break;
    } finally {
      memory.running = undefined;
    }
    memory.publish();
    memory.settle();
  }
  memory.noteUnreachable(failure);
}

/** Lets an operator's link go first: the workflow processes it once the running notification has ended. */
export function interruptNotification({ running }: BillingMemory): void {
  if (running && patched(checkedLinks)) running.cancel();
}

/**
 * Looks up which other leads have the customer, whoever reported it. Rejects the link if ChartMogul shows another lead
 * in the customer's record, or if a lookup fails. Changes nothing.
 */
export async function checkLink(memory: BillingMemory, action: ActionTo<'check-link'>): Promise<void> {
  if (!patched(checkedLinks)) return memory.linkUnchecked();
  const { leadId } = action;
  const { account, billingCustomerId } = memory.customer;

  const merged = await outcomeOf(() => chartMogul(account).findMergedLeads({ billingCustomerId }));
  if ('failure' in merged) {
    return memory.refuseLink(
      `it is unknown whether this customer is merged with another lead in ChartMogul (${merged.failure}). Nothing was changed; try again`,
    );
  }
  const refusal = linkRefusal(merged.value, action);
  if (refusal !== undefined) return memory.refuseLink(refusal);

  const found = await outcomeOf(() =>
    temporal('Look for journeys with this customer', policy.fewAttempts).findLeadsOfCustomer({
      account,
      billingCustomerId,
    }),
  );
  if ('failure' in found) {
    return memory.refuseLink(
      `it is unknown whether the journey of another lead has this customer (${found.failure}). Nothing was changed; try again`,
    );
  }
  // A lead that shares the record with the wanted one keeps the customer.
  const isShared = merged.value.includes(leadId);
  memory.linkChecked(found.value.filter((other) => !isShared || !merged.value.includes(other)));
}

/** Withdraws the customer from another lead's journey, or rejects the link if that is too late. */
export async function withdrawCustomer(memory: BillingMemory, action: ActionTo<'withdraw'>): Promise<void> {
  const { do: _, ...request } = action;
  const { leadId } = request;
  const { billingCustomerId, account } = memory.customer;
  const journey = `the journey of lead ${redactId(leadId)}`;
  const outcome = await outcomeOf(() =>
    temporal(`Withdraw from ${journey}`, policy.fewAttempts).withdrawCustomer({
      account,
      billingCustomerId,
      ...request,
    }),
  );
  if ('failure' in outcome) {
    memory.noteWithdrawalUnknown(leadId);
    memory.refuseLink(`${journey} does not answer (${outcome.failure}). The customer is not linked; try again`);
  } else if (outcome.value === 'withdrawn' || outcome.value === 'nothing-there') memory.noteWithdrawn(leadId);
  else memory.refuseLink(`${journey} keeps this customer: it ${outcome.value.refusal}`);
}

/** Drops the hint if the journey is not running. */
export async function passHint(memory: BillingMemory, { leadId }: ActionTo<'pass-hint'>): Promise<void> {
  memory.hintPassed();
  try {
    await getExternalWorkflowHandle(journeyId(leadId, memory.customer.account)).signal(payerHint);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.info('hint dropped: the journey is not running');
  }
}

/** Customers that were linked by an older release replay without the lookups, and without an interruption. */
const checkedLinks = 'checked-links';

/** The result of a request, or why all its attempts failed. */
async function outcomeOf<T>(request: () => Promise<T>): Promise<{ readonly value: T } | { readonly failure: string }> {
  try {
    return { value: await request() };
  } catch (error) {
    return { failure: failureText(error) };
  }
}

/**
 * Why all attempts of a request failed, without personal data: other texts than those of `activities/failures.ts` are
 * reduced to the type of the error.
 *
 * @throws the error itself if the workflow is cancelled, or for a bug, which must fail the workflow task
 */
function failureText(error: unknown, scope?: CancellationScope): string {
  const isInterrupted = scope?.consideredCancelled && !CancellationScope.current().consideredCancelled;
  if (!(error instanceof ActivityFailure) || (isCancellation(error) && !isInterrupted)) throw error;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) return 'no answer in time';
  if (!(cause instanceof ApplicationFailure)) return 'the request failed';
  const { message, type } = cause;
  return message.startsWith(`${error.activityType}: `)
    ? message.slice(error.activityType.length + 2)
    : `unexpected ${type}, see the worker's log`;
}

/** Whether a retry cannot help. */
function isFinal(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === 'NON_RETRYABLE_FAILURE';
}

function temporal(summary: string, retry: RetryPolicy) {
  return proxyActivities<Activities>({
    taskQueue: workflowTaskQueue,
    startToCloseTimeout: policy.notifyTimeout,
    // The result of a running attempt matters: the journey may have received the notification.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry,
    summary,
  });
}

function chartMogul(account: string) {
  return proxyActivities<Activities>({
    taskQueue: chartMogulTaskQueue(account),
    startToCloseTimeout: policy.linkLookupAttemptTimeout,
    scheduleToCloseTimeout: policy.linkLookupTimeout,
    retry: policy.fewAttempts,
    priority: { priorityKey: policy.lookupPriority },
    summary: 'Look for other leads of this customer',
  });
}
