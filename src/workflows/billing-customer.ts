import { ApplicationFailure, allHandlersFinished, continueAsNew } from '@temporalio/workflow';
import { checkIdForm } from '../domain/journey/reports.js';
import { answerBillingMessages } from './billing-handlers.js';
import { BillingMemory, type CarriedMemory } from './billing-memory.js';
import type { BillingCustomer } from './billing-messages.js';
import { checkLink, notifyJourney, passHint, withdrawCustomer } from './billing-steps.js';
import { billingMigrations, type Carried, carry } from './carried-state.js';
import { isDuration } from './customer-journey.js';

/**
 * Stores the state of one billing customer: its lead, its first trial and its first payment, from events in any order
 * and number. Notifies the lead's journey once, and again only if there is something new to report.
 *
 * It never ends. `billing/next-action.ts` decides what to do; one loop runs one action at a time, so that nothing
 * races.
 *
 * @param carried the state of the previous run, after a continue-as-new.
 */
export async function billingCustomer(customer: BillingCustomer, carried?: Carried<CarriedMemory>): Promise<never> {
  refuseUnusable(customer);
  const memory = new BillingMemory(customer, carried);
  answerBillingMessages(memory);

  for (;;) {
    const action = memory.decide();
    switch (action.do) {
      case 'notify-journey':
        await notifyJourney(memory, action);
        break;
      case 'check-link':
        await checkLink(memory, action);
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
        // No action is running and no update is pending, so the state is complete.
        if (memory.nextRun.isDue() && allHandlersFinished()) {
          return continueAsNew<typeof billingCustomer>(customer, carry(memory.carried, billingMigrations));
        }
        await memory.waitForChange(action.untilMs);
    }
  }
}

/** Fails immediately on invalid input, for callers that do not use this package's starter. */
function refuseUnusable(customer: Partial<BillingCustomer> | undefined): void {
  const isUsable =
    checkIdForm(customer?.billingCustomerId, '', []) &&
    typeof customer?.account === 'string' &&
    isDuration(customer.attemptTimeout);
  if (isUsable) return;
  const wanted = '{ billingCustomerId, account, attemptTimeout? }, as created by the starter of customer-journey';
  throw ApplicationFailure.nonRetryable(`invalid input: must be ${wanted}`, 'InvalidBillingCustomer');
}
