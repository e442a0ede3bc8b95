import { proxyActivities } from '@temporalio/workflow';
import { customerJourney as unchanged } from '../../src/workflows/customer-journey.js';

const { lookAtTheWeather } = proxyActivities<{ lookAtTheWeather(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** The journey with one more activity: a change of the kind that must go behind `patched()`. */
export async function customerJourney(...args: Parameters<typeof unchanged>): ReturnType<typeof unchanged> {
  await lookAtTheWeather();
  return unchanged(...args);
}
