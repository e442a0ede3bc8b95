import { proxyActivities } from '@temporalio/workflow';
import { auditAccount as unchangedAudit } from '../../src/workflows/audit-account.js';
import { billingCustomer as unchangedCustomer } from '../../src/workflows/billing-customer.js';
import { customerJourney as unchangedJourney } from '../../src/workflows/customer-journey.js';
import { stripeSweep as unchangedSweep } from '../../src/workflows/stripe-sweep.js';

const { lookAtTheWeather } = proxyActivities<{ lookAtTheWeather(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** All workflows with an additional activity: a change that requires `patched()`. */
export async function customerJourney(
  ...args: Parameters<typeof unchangedJourney>
): ReturnType<typeof unchangedJourney> {
  await lookAtTheWeather();
  return unchangedJourney(...args);
}

export async function billingCustomer(
  ...args: Parameters<typeof unchangedCustomer>
): ReturnType<typeof unchangedCustomer> {
  await lookAtTheWeather();
  return unchangedCustomer(...args);
}

export async function stripeSweep(...args: Parameters<typeof unchangedSweep>): ReturnType<typeof unchangedSweep> {
  await lookAtTheWeather();
  return unchangedSweep(...args);
}

export async function auditAccount(...args: Parameters<typeof unchangedAudit>): ReturnType<typeof unchangedAudit> {
  await lookAtTheWeather();
  return unchangedAudit(...args);
}
