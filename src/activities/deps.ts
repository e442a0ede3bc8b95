import type { Duration } from '@temporalio/common';
import type { ChartMogulClient } from '../chartmogul/client.js';
import type { Sources } from '../chartmogul/sources.js';
import type { StripeApiSettings } from '../stripe/api.js';
import type { ReadingSettings } from '../stripe/reading-options.js';
import type { AccountSettings } from './records.js';

/** What activities need from the worker. */
export interface Deps {
  readonly chartMogul: ChartMogulClient;
  /** Throws the `ChartMogulError` of the last lookup while the sources are unknown. */
  readonly sources: () => Sources;
  readonly settings?: AccountSettings;
  /** Called when a lookup has found a payer, with the number of attempts that the lookup took. */
  readonly onPayerFound?: (attempts: number) => void;
  /** Undefined: this worker has no key of Stripe, so it cannot sweep. */
  readonly stripe?: SweepSettings;
}

/** The worker's settings for a sweep, with the key: they never enter a history. */
export interface SweepSettings {
  readonly api: StripeApiSettings;
  readonly reading: ReadingSettings;
  /** For the billing customers that the sweep starts. */
  readonly attemptTimeout: Duration;
}
