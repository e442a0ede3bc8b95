import { ApplicationFailure, allHandlersFinished, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { checkId } from '../domain/journey/reports.js';
import { answerBillingMessages } from './billing-handlers.js';
import { BillingMemory, type CarriedMemory } from './billing-memory.js';
import type { BillingCustomer } from './billing-messages.js';
import { notifyJourney, passHint, withdrawCustomer } from './billing-steps.js';
import { isDuration } from './customer-journey.js';

/**
 * The memory of one customer of the billing system: which lead it is, its first trial and its first payment, from events in
 * any order and number. It tells the lead's journey once, and again only if there is something new to tell.
 *
 * It never ends. What is to be done is decided by `billing/next-action.ts`; one loop carries it out, one thing at a time, so that
 * nothing races.
 *
 * @param carried what the run knew that was continued as new.
 */
export async function billingCustomer(customer: BillingCustomer, carried?: CarriedMemory): Promise<never> {
  refuseUnusable(customer);
  const memory = new BillingMemory(customer, carried);
  answerBillingMessages(memory);

  for (;;) {
    const action = memory.decide();
    switch (action.do) {
      case 'notify-journey':
        await notifyJourney(memory, action);
        break;
      case 'withdraw':
        await withdrawCustomer(memory, action);
        break;
      case 'take-link':
        memory.takeLink(action);
        break;
      case 'pass-hint':
        await passHint(memory, action);
        break;
      case 'raise-attention':
        memory.raiseAttention();
        break;
      case 'wait':
        memory.publish();
        memory.settle();
        // Nothing is in flight here, and nobody waits for an answer: the state is whole.
        if (workflowInfo().continueAsNewSuggested && allHandlersFinished()) {
          return continueAsNew<typeof billingCustomer>(customer, memory.carried);
        }
        await memory.waitForChange(action.untilMs);
    }
  }
}

/** Whoever started this by other means than our starter sees at once that it cannot be. */
function refuseUnusable(customer: Partial<BillingCustomer> | undefined): void {
  const isUsable =
    checkId(customer?.billingCustomerId, '', []) &&
    typeof customer?.account === 'string' &&
    isDuration(customer.attemptTimeout);
  if (isUsable) return;
  const wanted = '{ billingCustomerId, account, attemptTimeout? }, as the starter of customer-journey makes it';
  throw ApplicationFailure.nonRetryable(`a billing customer is started with ${wanted}`, 'InvalidBillingCustomer');
}
