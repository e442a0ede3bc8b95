import type { pino } from 'pino';
import type { BillingCustomers } from '../journeys/billing-customers.js';
import type { JourneyReference, Journeys } from '../journeys/index.js';
import type { Caller } from './access.js';
import type { GatewayConfig } from './config.js';
import type { Metrics } from './metrics.js';

/** The dependencies of the gateway's routes. */
export interface Parts {
  readonly config: GatewayConfig;
  readonly journeys: (account: string) => Journeys;
  readonly billingCustomers: (account: string) => BillingCustomers;
  /** Link to the journey in Temporal's Web UI, if its address is known. */
  readonly webUi: (journey: JourneyReference) => string | undefined;
  /** Calls Temporal with limited concurrency. @throws ProblemError `overloaded` */
  readonly limitConcurrency: <T>(call: () => Promise<T>) => Promise<T>;
  readonly metrics: Metrics;
  readonly log: pino.Logger;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that needs a key. */
    caller: Caller | undefined;
    /** Logged with the request besides its route and status: ids and results, never other values from the request. */
    logFields: Record<string, unknown>;
  }
  interface FastifyContextConfig {
    /** The scope that the key must have. Routes without it need no key. */
    scope?: Caller['scopes'][number];
  }
}
