/** What starts a `stripeSweep`. Like `messages.ts`, it imports no Node modules. */
import type { Instant } from '../domain/journey/instant.js';
import { defaultAccount } from './messages.js';

/** The workflow type. It runs on the journeys' task queue. */
export const stripeSweepType = 'stripeSweep';

/** The id of the schedule of an account. The ids of its workflows add the time of their start. */
export function stripeSweepId(account: string = defaultAccount): string {
  return `stripe-sweep/${account}`;
}

/** The workflow's input. */
export interface StripeSweep {
  /** The ChartMogul account. Its workers have the key of its Stripe account. */
  readonly account: string;
}

/** What a sweep did. The next one of the schedule continues from it. */
export interface StripeSweepResult {
  /** Events from this moment on were read. */
  readonly since: Instant;
  readonly startedAt: Instant;
  readonly events: number;
  /** Events with facts that were not known, and are reported now. */
  readonly missing: number;
  /** Events in an unknown format. */
  readonly unreadable: number;
  /** The first of the missing and unreadable events: type, id, customer. */
  readonly examples: readonly string[];
}
