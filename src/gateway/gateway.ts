import { Client, Connection } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import pLimit from 'p-limit';
import type { pino } from 'pino';
import { BillingCustomers } from '../journeys/billing-customers.js';
import { Journeys } from '../journeys/index.js';
import { createLogger } from '../runtime/logging.js';
import { createOperationsServer, urlOf } from '../runtime/operations.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { journeyUrls } from '../temporal/web-ui.js';
import { type GatewayConfig, gatewayConfig } from './config.js';
import { Metrics } from './metrics.js';
import type { Parts } from './parts.js';
import { ProblemError, retryAfter } from './problems.js';
import { accountsOf, readinessOf } from './readiness.js';
import { createServer } from './server.js';

/** More concurrent calls make a Temporal server slower, not faster. */
const callsAtOnce = 64;
/** Size of the queue. Beyond it, clients wait and retry. */
const callsWaiting = 2_000;

/** Short, because the caller waits for the response. */
const readWithin: Duration = '3 seconds';

export interface GatewayOptions {
  readonly client: ConnectedClient;
  readonly config: GatewayConfig;
  readonly log: pino.Logger;
  /** Where the address of the Web UI is read from. */
  readonly env: NodeJS.ProcessEnv;
  /** Default: the gateway's metrics, without those of the process. */
  readonly metrics?: Metrics;
}

export interface Gateway {
  /** As `http://host:port`. */
  readonly url: string;
  readonly operationsUrl: string;
  /** Stops accepting requests and finishes those in progress. Does not close the client: the caller does. */
  close(): Promise<void>;
}

/** Starts listening on both ports. @throws `EADDRINUSE` and the like, as Node does */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { client, config, metrics = new Metrics() } = options;
  const server = await createServer(partsOf(options, metrics));
  let isStopping = false;
  const readiness = readinessOf(client, accountsOf(config));
  const operations = createOperationsServer({
    registry: metrics.registry,
    readiness: async () => (isStopping ? ['the gateway is stopping'] : readiness()),
  });
  const close = async () => {
    isStopping = true;
    await server.close();
    await operations.close();
  };
  try {
    await operations.listen(config.operations);
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    await close();
    throw error;
  }
  return { url: urlOf(server), operationsUrl: urlOf(operations), close };
}

/** The document that `/openapi.json` returns. Needs no Temporal server. */
export async function openApiDocument(): Promise<object> {
  const client = new Client({ connection: Connection.lazy() }) as ConnectedClient; // it is never used
  const config = gatewayConfig({}, { isLocal: true });
  const options = { client, config, log: createLogger('silent'), env: {} };
  const server = await createServer(partsOf(options, new Metrics()));
  await server.ready();
  return server.swagger();
}

function partsOf({ client, config, log, env }: GatewayOptions, metrics: Metrics): Parts {
  const { allowEmailLeadIds, attemptTimeout } = config;
  const options = { client, allowEmailLeadIds, attemptTimeout };
  return {
    config,
    journeys: (account) => new Journeys({ ...options, account, workerTimeout: readWithin }),
    billingCustomers: (account) => new BillingCustomers({ ...options, account }),
    webUi: journeyUrls(env),
    limitConcurrency: concurrencyLimit(),
    metrics,
    log,
  };
}

/** Limits concurrent calls to Temporal with a semaphore, and rejects calls when its queue is full. */
function concurrencyLimit(): <T>(call: () => Promise<T>) => Promise<T> {
  const limit = pLimit(callsAtOnce);
  return async (call) => {
    if (limit.pendingCount < callsWaiting) return limit(call);
    throw new ProblemError('overloaded', 'Too many queued requests; retry later.', {
      headers: retryAfter,
    });
  };
}
