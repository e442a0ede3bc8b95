import type { RetryPolicy } from '@temporalio/common';
import type { StepName } from '../domain/journey/attention.js';

/*
 * Retry policies, timeouts, timer durations and priorities, with reasons. They may be changed: a replay compares which
 * commands a workflow issues, not these parameters. `test/replay/policy.slow.ts` replays every recorded history with
 * other values of each constant. Thresholds that decide which command is issued are in `rules.ts`.
 */

/** The client times out after 30 seconds. The margin lets its error arrive before Temporal's timeout. */
export const attemptTimeout = '40 seconds';

/**
 * A write reports that it is still running, and learns that it was cancelled. A request that is answered within the
 * interval sends no heartbeat, so it costs no Action. The SDK sends at most one heartbeat per 80% of the timeout.
 */
export const heartbeatInterval = '5 seconds';
/** If a worker is killed during a write, the next attempt starts after this time. */
export const heartbeatTimeout = '20 seconds';

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
  requestUnmerge: shortOutage,
  confirmUnmerge: whileMerging,
  restoreDates: shortOutage,
  findDatesOfLeads: shortOutage,
};

/** A few seconds: a person waits for the answer. */
export const whileOperatorWaits: RetryPolicy = { initialInterval: '1 second', maximumAttempts: 3 };

/**
 * How long the answer to an unmerge waits for its end: less than the operator's own timeout. ChartMogul may take minutes;
 * the journey goes on.
 */
export const unmergeAnswerTimeout = '90 seconds';

/** A slow lane try is one attempt; workflow timers separate the tries. */
export const oneAttempt: RetryPolicy = { maximumAttempts: 1 };

/** A payment often arrives before its lead, by seconds or by a nightly export. After a day, the report is missing. */
export const leadGracePeriod = '1 day';

/** Notifying a journey takes milliseconds. If the worker is killed meanwhile, Temporal retries after this timeout. */
export const notifyTimeout = '20 seconds';

/** A few seconds, for requests that an operator waits for. */
export const fewAttempts: RetryPolicy = { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3 };

/** The ChartMogul lookup before a link: shorter than the operator's own timeout, including the wait for the rate limit. */
export const linkLookupAttemptTimeout = '10 seconds';
export const linkLookupTimeout = '20 seconds';

/**
 * Several leads of one payer write to one record, and ChartMogul has no conditional write: after two concurrent writes,
 * the wrong (later) date may remain. Longer than a request, so that the second lookup sees the other write.
 */
export const settlingTime = '45 seconds';

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

/** A sweep of Stripe takes minutes. A first one of a large account lists 30 days. */
export const sweepTimeout = '6 hours';
/** About half an hour: if Stripe is down for longer, the next sweep of the schedule reads the same events. */
export const sweepRetry: RetryPolicy = {
  initialInterval: '5 seconds',
  backoffCoefficient: 2,
  maximumInterval: '5 minutes',
  maximumAttempts: 12,
};
/** Stripe lists an event for 30 days. */
export const longestSweep = '30 days';
/** An event may be listed some time after its creation, and clocks differ. */
export const sweepOverlap = '1 hour';

/** A part of an audit takes seconds, and minutes behind a busy account's live requests. */
export const auditPartTimeout = '1 hour';
/** For some hours: an audit may wait until ChartMogul answers again. */
export const auditRetry: RetryPolicy = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '5 minutes',
  maximumAttempts: 80,
};
/** The command line sends a file within seconds. */
export const auditFileTimeout = '1 hour';
/** Between two looks at restarted journeys, growing: a date is right within seconds, a merge takes minutes. */
export const mendingInterval = '2 seconds';
export const longestMendingInterval = '30 seconds';
