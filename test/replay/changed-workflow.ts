import { proxyActivities } from '@temporalio/workflow';
import { billingCustomer as unchangedCustomer } from '../../src/workflows/billing-customer.js';
import { customerJourney as unchangedJourney } from '../../src/workflows/customer-journey.js';

const { lookAtTheWeather } = proxyActivities<{ lookAtTheWeather(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** Both workflows with an additional activity: a change that requires `patched()`. */
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
