import type { Duration, RetryPolicy } from '@temporalio/common';
import type { AttentionCode, StepName } from '../domain/journey/attention.js';

/** Every interval and attempt count, each with its reason. All of these may change freely: no history depends on them. */

/** The client gives up after 30 seconds; the margin lets its error arrive instead of a bare timeout. */
export const attemptTimeout = '40 seconds';

/** About 10 minutes: a short outage of ChartMogul is nobody's business. */
const shortOutage: RetryPolicy = {
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

/** About 30 minutes: merges were seen to take from seconds to 13 minutes. */
const whileMerging: RetryPolicy = {
  initialInterval: '2 seconds',
  backoffCoefficient: 1.5,
  maximumInterval: '1 minute',
  maximumAttempts: 37,
};

/** The first tries of a step, made by the server: fast enough for the step, and flat in the history. */
export const fastLane: Record<StepName, RetryPolicy> = {
  createLead: shortOutage,
  findLead: shortOutage,
  findPreviousResult: shortOutage,
  writeDates: shortOutage,
  requestMerge: shortOutage,
  findPayingCustomer: everyMinute,
  confirmMerge: whileMerging,
};

/** A try of the slow lane is one attempt; the workflow's own timer lies between. */
export const oneAttempt: RetryPolicy = { maximumAttempts: 1 };

/** Hourly for three days, then daily: somebody may be mending it, and a forgotten lead costs next to nothing. */
export function slowLaneInterval(code: AttentionCode, slowTries: number): Duration {
  // These two heal for all journeys at once, so nobody should have to wait a day for it.
  const healsByItself = code === 'unauthorized' || code === 'unavailable';
  return healsByItself || slowTries < 72 ? '1 hour' : '1 day';
}

/** A payment often overtakes its lead by seconds, or by a nightly export; after a day somebody forgot to report it. */
export const leadGracePeriod = '1 day';

/** Metadata is often written a moment after the payment, or by a nightly job; after a day nobody will. */
export const matchingPeriod = '1 day';

/** Telling a journey takes milliseconds, and a worker that was killed over it is noticed only after this. */
export const notifyTimeout = '20 seconds';

/** What a billing customer tells a journey waits for Temporal as long as it takes: nothing is lost meanwhile. */
export const untilTemporalIsBack: RetryPolicy = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
};

/** How recently a lead's record must have been seen to be written or merged without another look at it. */
export const freshLook = '5 seconds';

/**
 * Several leads of one payer write to one record, and ChartMogul has no way to write only if nothing changed: of two writes
 * in the same moment the later date may stay. Longer than a request takes, so that the second look sees the other's write.
 */
export const settlingTime = '45 seconds';

/** ChartMogul's webhook is unsigned: whoever knows its address may cost us six requests a minute, not more. */
export const hintInterval = '10 seconds';

/** The lookup of a live journey overtakes everything else on the account's queue: a person is paying right now. */
export const lookupPriority = 1;
/** Journeys started by your application. */
export const livePriority = 2;
/** Journeys started in bulk: behind everything live. */
export const backfillPriority = 5;
/**
 * What a journey of a bulk does after its first request: before others of the bulk begin. Otherwise every step would wait behind
 * hundreds of first ones, and what was seen would be too old to be written without another look, which no rate counts.
 */
export const begunBackfillPriority = 4;
