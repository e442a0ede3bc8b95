import { ApplicationFailure, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { milliseconds } from '../domain/duration.js';
import { formatInstant, readInstant } from '../domain/journey/instant.js';
import { now } from './journey.js';
import { chartMogulTaskQueue } from './messages.js';
import * as policy from './policy.js';
import type { StripeSweep, StripeSweepResult } from './sweep-messages.js';

/**
 * Reports what is in Stripe and not known yet. A schedule starts it: see `stripeSweepSchedule`. If a sweep fails, the
 * next one reads the same events again.
 */
export async function stripeSweep(sweep: StripeSweep): Promise<StripeSweepResult> {
  const { account } = sweep ?? {};
  if (typeof account !== 'string') {
    throw ApplicationFailure.nonRetryable('invalid input: must be { account }', 'InvalidSweep');
  }
  const startedAt = now();
  const since = sinceLast();
  // On the account's own queue: only its workers have the key of its Stripe account.
  const { sweepStripe } = proxyActivities<Activities>({
    taskQueue: chartMogulTaskQueue(account),
    startToCloseTimeout: policy.sweepTimeout,
    heartbeatTimeout: policy.heartbeatTimeout,
    retry: policy.sweepRetry,
    priority: { priorityKey: policy.backfillPriority },
    summary: `Sweep since ${since}`,
  });
  return { since, startedAt, ...(await sweepStripe({ account, since, startedAt })) };
}

/** The start of the last successful sweep, with an overlap; at most as far back as Stripe lists events. */
function sinceLast(): string {
  const last = workflowInfo().lastResult as Partial<StripeSweepResult> | undefined; // a result of this workflow
  const earliest = Date.now() - milliseconds(policy.longestSweep);
  const startedAt = readInstant(last?.startedAt);
  const overlapped = startedAt === undefined ? earliest : Date.parse(startedAt) - milliseconds(policy.sweepOverlap);
  return formatInstant(new Date(Math.max(earliest, overlapped)));
}
