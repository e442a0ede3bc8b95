import { getExternalWorkflowHandle, isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { NextAction } from '../domain/billing/next-action.js';
import { redactId } from '../domain/journey/records.js';
import type { BillingMemory } from './billing-memory.js';
import { journeyId, payerHint, workflowTaskQueue } from './messages.js';
import { notifyTimeout, untilTemporalIsBack } from './policy.js';

type ActionTo<Do extends NextAction['do']> = Extract<NextAction, { do: Do }>;

/** Notifies the lead's journey. Uses an activity, since a workflow cannot signal-with-start another workflow. */
export async function notifyJourney(
  memory: BillingMemory,
  { link, notification }: ActionTo<'notify-journey'>,
): Promise<void> {
  // Hold the link before the request: the journey may receive the notification even if the answer is lost.
  memory.hold(link);
  const { customer } = memory;
  await temporal(`Notify the journey of lead ${redactId(notification.leadId)}`).notifyJourney({
    ...customer,
    ...notification,
    ...(link.rule === 'operator' && { reinstates: true }),
  });
  memory.noteNotified(notification);
}

/** Withdraws the customer from another lead's journey, or rejects the link if that is too late. */
export async function withdrawCustomer(memory: BillingMemory, action: ActionTo<'withdraw'>): Promise<void> {
  const { do: _, ...request } = action;
  const { leadId } = request;
  const { billingCustomerId, account } = memory.customer;
  const summary = `Withdraw from the journey of lead ${redactId(leadId)}`;
  const answer = await temporal(summary).withdrawCustomer({ account, billingCustomerId, ...request });
  if (answer === 'withdrawn' || answer === 'nothing-there') memory.forgetNotified();
  else memory.refuseLink(`the journey of lead ${redactId(leadId)} keeps this customer: it ${answer.refusal}`);
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

function temporal(summary: string) {
  return proxyActivities<Activities>({
    taskQueue: workflowTaskQueue,
    startToCloseTimeout: notifyTimeout,
    retry: untilTemporalIsBack,
    summary,
  });
}
