import type { Duration, RetryPolicy } from '@temporalio/common';
import type { AttentionCode, StepName } from '../domain/journey/attention.js';

/** All intervals and attempt counts, with reasons. They can be changed safely: no history depends on them. */

/** The client times out after 30 seconds. The margin lets its error arrive before Temporal's timeout. */
export const attemptTimeout = '40 seconds';

/** About 10 minutes: a short ChartMogul outage needs no attention. */
export const shortOutage: RetryPolicy = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  maximumAttempts: 16,
};

/** ChartMogul's tutorial: billing data takes up to ten minutes, so look up every minute for about 20 minutes. */
export const lookupInterval = '1 minute';
export const lookupAttempts = 21;
const everyMinute: RetryPolicy = {
  initialInterval: lookupInterval,
  backoffCoefficient: 1,
  maximumInterval: lookupInterval,
  maximumAttempts: lookupAttempts,
};

/** About 30 minutes: observed merges took from seconds to 13 minutes. */
const whileMerging: RetryPolicy = {
  initialInterval: '2 seconds',
  backoffCoefficient: 1.5,
  maximumInterval: '1 minute',
  maximumAttempts: 37,
};

/** The first tries of a step, as a retry policy: the server retries without adding history events. */
export const fastLane: Record<StepName, RetryPolicy> = {
  createLead: shortOutage,
  findLead: shortOutage,
  findPreviousResult: shortOutage,
  writeDates: shortOutage,
  requestMerge: shortOutage,
  findPayingCustomer: everyMinute,
  confirmMerge: whileMerging,
};

/** A few seconds: a person waits for the answer. */
export const whileOperatorWaits: RetryPolicy = { initialInterval: '1 second', maximumAttempts: 3 };

/** A slow lane try is one attempt; workflow timers separate the tries. */
export const oneAttempt: RetryPolicy = { maximumAttempts: 1 };

/** Hourly for three days, while an operator may be fixing the cause. Then daily, which costs almost nothing. */
export function slowLaneInterval(code: AttentionCode, slowTries: number): Duration {
  // These two recover for all journeys at once, so no journey should wait a day.
  const healsByItself = code === 'unauthorized' || code === 'unavailable';
  return healsByItself || slowTries < 72 ? '1 hour' : '1 day';
}

/** A payment often arrives before its lead, by seconds or by a nightly export. After a day, the report is missing. */
export const leadGracePeriod = '1 day';

/** Metadata is often written just after the payment, or by a nightly job. After a day, it is missing. */
export const matchingPeriod = '1 day';

/** Notifying a journey takes milliseconds. If the worker is killed meanwhile, Temporal retries after this timeout. */
export const notifyTimeout = '20 seconds';

/** A few seconds, for requests that an operator waits for. */
export const fewAttempts: RetryPolicy = { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3 };

/** The ChartMogul lookup before a link: shorter than the operator's own timeout, including the wait for the rate limit. */
export const linkLookupAttemptTimeout = '10 seconds';
export const linkLookupTimeout = '20 seconds';

/** The cause may be a bug that a new worker fixes, so hourly. An event or a link starts a try at once. */
export const unreachableInterval = '1 hour';

/** The maximum age of the lead's observed record for a write or a merge without another lookup. */
export const freshLook = '5 seconds';

/**
 * Several leads of one payer write to one record, and ChartMogul has no conditional write: after two concurrent writes,
 * the wrong (later) date may remain. Longer than a request, so that the second lookup sees the other write.
 */
export const settlingTime = '45 seconds';

/** ChartMogul's webhook is unsigned: anyone who knows its URL can cause at most six requests per minute. */
export const hintInterval = '10 seconds';

/** A live journey's lookup runs before everything else on the account's queue: a person is paying right now. */
export const lookupPriority = 1;
/** Journeys started by your application. */
export const livePriority = 2;
/** Journeys started in bulk: after all live journeys. */
export const backfillPriority = 5;
/**
 * The later requests of a bulk journey, which run before other bulk journeys begin. Otherwise every step would wait
 * behind hundreds of first requests, and the observed record would be too old to write without another lookup, which is
 * not in the rate estimate.
 */
export const begunBackfillPriority = 4;
