import { condition, defineSignal, proxyActivities, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../../../src/workflows/search-attributes.js';
import type { FloorActivities } from './activities.js';
import { type FloorInput, floorRequestQueue } from './names.js';

/**
 * The lower bound of a smooth journey: the same signals, activities and upserts at the same moments, and nothing else.
 * A journey with five activities and three signals cannot be cheaper.
 */
export async function floor({ leadId, kind }: FloorInput): Promise<void> {
  let signals = 0;
  for (const name of ['leadCreated', 'trialStarted', 'paymentSucceeded']) {
    setHandler(defineSignal<[unknown]>(name), () => {
      signals += 1;
    });
  }
  const activities = proxyActivities<FloorActivities>({
    taskQueue: floorRequestQueue,
    startToCloseTimeout: '40 seconds',
  });
  const request = (step: number) => activities[kind]({ leadId, step });

  await request(1);
  await condition(() => signals > 1);
  upsertSearchAttributes([{ key: searchAttributes.stage, value: 'trial' }]);
  await request(2);
  await condition(() => signals > 2);
  upsertSearchAttributes([{ key: searchAttributes.stage, value: 'paid' }]);
  await request(3);
  await request(4);
  await request(5);
  upsertSearchAttributes([{ key: searchAttributes.stage, value: 'proven' }]);
}
