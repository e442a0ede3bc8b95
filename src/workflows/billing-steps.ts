import { getExternalWorkflowHandle, isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { NextAction } from '../domain/billing/next-action.js';
import { redactId } from '../domain/journey/records.js';
import type { BillingMemory } from './billing-memory.js';
import { journeyId, payerHint, workflowTaskQueue } from './messages.js';
import { notifyTimeout, untilTemporalIsBack } from './policy.js';

type ActionTo<Do extends NextAction['do']> = Extract<NextAction, { do: Do }>;

/** Tells the lead's journey. An activity does, since a workflow cannot start another one and signal it in one call. */
export async function notifyJourney(
  memory: BillingMemory,
  { link, notification }: ActionTo<'notify-journey'>,
): Promise<void> {
  // Held before the request leaves: whatever becomes of the answer, the journey may know by then.
  memory.hold(link);
  const { customer } = memory;
  await temporal(`Tell the journey of lead ${redactId(notification.leadId)}`).notifyJourney({
    ...customer,
    ...notification,
    ...(link.rule === 'operator' && { reinstates: true }),
  });
  memory.noteNotified(notification);
}

/** Takes back what another lead's journey was told, or learns that it is too late for that. */
export async function withdrawCustomer(memory: BillingMemory, action: ActionTo<'withdraw'>): Promise<void> {
  const { do: _, ...request } = action;
  const { leadId } = request;
  const { billingCustomerId, account } = memory.customer;
  const summary = `Take back from the journey of lead ${redactId(leadId)}`;
  const answer = await temporal(summary).withdrawCustomer({ account, billingCustomerId, ...request });
  if (answer === 'withdrawn' || answer === 'nothing-there') memory.forgetNotified();
  else memory.refuseLink(`the journey of lead ${redactId(leadId)} keeps this customer: it ${answer.refusal}`);
}

/** A journey that does not run has no use for it. */
export async function passHint(memory: BillingMemory, { leadId }: ActionTo<'pass-hint'>): Promise<void> {
  memory.hintPassed();
  try {
    await getExternalWorkflowHandle(journeyId(leadId, memory.customer.account)).signal(payerHint);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.info('hint dropped: the journey does not run');
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
