import type { pino } from 'pino';
import type { BillingCustomers } from '../journeys/billing-customers.js';
import type { JourneyReference, Journeys } from '../journeys/index.js';
import type { Caller } from './access.js';
import type { GatewayConfig } from './config.js';
import type { Metrics } from './metrics.js';

/** What the gateway's routes work with. */
export interface Parts {
  readonly config: GatewayConfig;
  readonly journeys: (account: string) => Journeys;
  readonly billingCustomers: (account: string) => BillingCustomers;
  /** The journey in Temporal's Web UI, where that can be known. */
  readonly webUi: (journey: JourneyReference) => string | undefined;
  /** Hands something to Temporal, a bounded number at a time. @throws ProblemError `overloaded` */
  readonly limitConcurrency: <T>(call: () => Promise<T>) => Promise<T>;
  readonly metrics: Metrics;
  readonly log: pino.Logger;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Known on every route that needs a key. */
    caller: Caller | undefined;
    /** What the log says of this request beside its route and status: ids and results, never a value that came with it. */
    logFields: Record<string, unknown>;
  }
  interface FastifyContextConfig {
    /** What a key must allow. Routes without it need no key. */
    scope?: Caller['scopes'][number];
  }
}
