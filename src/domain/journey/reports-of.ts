import { type BillingDate, type Facts, profileOf } from './facts.js';
import type { Reports } from './reports.js';

/** The payer, and as many others as a journey's notice names. */
export const mostCustomers = 11;

/**
 * The messages that report joined facts. The first has the earliest of each date, and the customer of the first
 * payment, so that the journey never knows a later one alone. Each further message has another billing customer, or a
 * trial without one.
 */
export function messagesOf(facts: Facts): Reports[] {
  const { leadCreatedAt, trialStartedAt, trialWithoutCustomer, billingTrials = [] } = facts;
  const profile = profileOf(facts);
  const [firstPayment, ...payments] = facts.payments;
  const firstTrial = billingTrials.find(({ at }) => at === trialStartedAt);
  const first: Reports = {
    ...(leadCreatedAt !== undefined && {
      leadCreated: { occurredAt: leadCreatedAt, ...(Object.keys(profile).length > 0 && { profile }) },
    }),
    ...(trialStartedAt !== undefined && { trialStarted: reportOf(firstTrial ?? { at: trialStartedAt }) }),
    ...(firstPayment !== undefined && { paymentSucceeded: reportOf(firstPayment) }),
  };
  const trials: (Partial<BillingDate> & Pick<BillingDate, 'at'>)[] = [
    ...billingTrials.filter((trial) => trial !== firstTrial),
    ...(firstTrial && trialWithoutCustomer !== undefined ? [{ at: trialWithoutCustomer }] : []),
  ];
  const others = Array.from({ length: Math.max(trials.length, payments.length) }, (_, place) => ({
    ...(trials[place] && { trialStarted: reportOf(trials[place]) }),
    ...(payments[place] && { paymentSucceeded: reportOf(payments[place]) }),
  }));
  return [first, ...others];
}

function reportOf({ at, billingCustomerId, isInferred }: Partial<BillingDate> & Pick<BillingDate, 'at'>) {
  return { occurredAt: at, ...(billingCustomerId !== undefined && !isInferred && { billingCustomerId }) };
}
