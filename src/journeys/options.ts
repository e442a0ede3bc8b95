import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { CallLimits } from './calls.js';

export interface JourneysOptions extends CallLimits {
  /** A connected client of `@temporalio/client`, in the namespace where journeys run. */
  readonly client: Client;
  /** The ChartMogul account, as configured on the worker. Default: `default`. */
  readonly account?: string;
  /** Lets lead ids contain an `@`. They are not encrypted in Temporal. Default: false. */
  readonly allowEmailLeadIds?: boolean;
  /** Timeout of one attempt of a request to ChartMogul. Default: 40 seconds. */
  readonly attemptTimeout?: Duration;
  /** 1 is most urgent, 5 least. Default: 2; use 5 for bulk. */
  readonly priority?: number;
}

/** The Temporal workflow of a journey or a billing customer. */
export interface JourneyReference {
  readonly workflowId: string;
  readonly runId: string;
}
