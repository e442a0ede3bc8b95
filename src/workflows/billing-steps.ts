import { getExternalWorkflowHandle, isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { Duty } from '../domain/billing/duty.js';
import { shownId } from '../domain/journey/records.js';
import type { BillingMemory } from './billing-memory.js';
import { journeyId, payerHint, workflowTaskQueue } from './messages.js';
import { tellingTimeout, untilTemporalIsBack } from './policy.js';

type DutyTo<Do extends Duty['do']> = Extract<Duty, { do: Do }>;

/** Tells the lead's journey. An activity does, since a workflow cannot start another one and signal it in one call. */
export async function handOver(memory: BillingMemory, { link, told }: DutyTo<'hand-over'>): Promise<void> {
  // Held before the request leaves: whatever becomes of the answer, the journey may know by then.
  memory.hold(link);
  const { customer } = memory;
  await temporal(`Tell the journey of lead ${shownId(told.leadId)}`).handOver({
    ...customer,
    ...told,
    ...(link.rule === 'operator' && { reinstates: true }),
  });
  memory.noteHandedOver(told);
}

/** Takes back what another lead's journey was told, or learns that it is too late for that. */
export async function withdraw(memory: BillingMemory, duty: DutyTo<'withdraw'>): Promise<void> {
  const { do: _, ...request } = duty;
  const { leadId } = request;
  const { billingCustomerId, account } = memory.customer;
  const summary = `Take back from the journey of lead ${shownId(leadId)}`;
  const answer = await temporal(summary).withdraw({ account, billingCustomerId, ...request });
  if (answer === 'withdrawn' || answer === 'nothing-there') memory.forgetHandedOver();
  else memory.refuseLink(`the journey of lead ${shownId(leadId)} keeps this customer: it ${answer.refusal}`);
}

/** A journey that does not run has no use for it. */
export async function passHint(memory: BillingMemory, { leadId }: DutyTo<'pass-hint'>): Promise<void> {
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
    startToCloseTimeout: tellingTimeout,
    retry: untilTemporalIsBack,
    summary,
  });
}
