import type { Duration } from '@temporalio/common';
import type { AttentionCode } from '../domain/journey/attention.js';

/** The thresholds that decide which command a workflow issues next. */
export interface Rules {
  /** The maximum age of the lead's observed record for a write or a merge without another lookup. */
  readonly freshLook: Duration;
  /** ChartMogul's webhook is unsigned: anyone who knows its URL can cause at most six requests per minute. */
  readonly hintInterval: Duration;
  /** Metadata is often written just after the payment, or by a nightly job. After a day, it is missing. */
  readonly matchingPeriod: Duration;
  /** The cause may be a bug that a new worker fixes, so hourly. An event or a link starts a try at once. */
  readonly unreachableInterval: Duration;
  /** Hourly for three days, while an operator may be fixing the cause. Then daily, which costs almost nothing. */
  readonly slowLane: { readonly often: Duration; readonly oftenTries: number; readonly seldom: Duration };
}

/**
 * The rules of every journey so far. Replays depend on them, so never change a value here: a journey that has decided
 * with the old value would replay differently, and its workflow tasks would fail. To change a value:
 *
 * 1. Add `rules2` with the new value: `{ ...rules1, freshLook: '10 seconds' }`.
 * 2. Let {@link currentRules} return `patched('rules-2') ? rules2 : rules1`.
 *
 * Journeys then replay their past with the old value and continue with the new one. Each run that uses a rule writes
 * one marker, which Temporal counts as an Action. Once all runs from before the change have ended and their retention
 * has passed, use `deprecatePatch`. `test/replay/policy.slow.ts` replays the recorded histories after such a change.
 */
const rules1: Rules = {
  freshLook: '5 seconds',
  hintInterval: '10 seconds',
  matchingPeriod: '1 day',
  unreachableInterval: '1 hour',
  slowLane: { often: '1 hour', oftenTries: 72, seldom: '1 day' },
};

/** The rules at this point of the workflow. Call it at each decision, and do not store the result. */
export function currentRules(): Rules {
  return rules1;
}

/** How long a failed goal pauses before its next try in the slow lane. */
export function slowLaneInterval(code: AttentionCode, slowTries: number): Duration {
  const { often, oftenTries, seldom } = currentRules().slowLane;
  // These two recover for all journeys at once, so no journey should wait a day.
  const healsByItself = code === 'unauthorized' || code === 'unavailable';
  return healsByItself || slowTries < oftenTries ? often : seldom;
}
