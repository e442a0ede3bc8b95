import { starterConfig } from '../runtime/config.js';
import { connectClient } from '../temporal/connect.js';
import { BillingCustomers } from './billing-customers.js';
import { Journeys } from './journeys.js';
import type { JourneysOptions } from './options.js';

/**
 * Connects {@link Journeys} to the Temporal server and account configured in the environment. Close with
 * `journeys.client.connection.close()`.
 *
 * @throws ConfigError, TemporalConfigError, TemporalUnavailableError
 */
export async function connectJourneys(
  env: NodeJS.ProcessEnv = process.env,
  options: Pick<JourneysOptions, 'priority' | 'timeout' | 'workerTimeout'> = {},
): Promise<Journeys> {
  const { account, allowEmailLeadIds, attemptTimeout } = starterConfig(env);
  const client = await connectClient({ env });
  return new Journeys({ client, account, allowEmailLeadIds, attemptTimeout, ...options });
}

/**
 * Connects {@link BillingCustomers} to the Temporal server and account configured in the environment. Close with
 * `customers.client.connection.close()`.
 *
 * @throws ConfigError, TemporalConfigError, TemporalUnavailableError
 */
export async function connectBillingCustomers(
  env: NodeJS.ProcessEnv = process.env,
  options: Pick<JourneysOptions, 'priority' | 'timeout' | 'workerTimeout'> = {},
): Promise<BillingCustomers> {
  const { account, allowEmailLeadIds, attemptTimeout } = starterConfig(env);
  const client = await connectClient({ env });
  return new BillingCustomers({ client, account, allowEmailLeadIds, attemptTimeout, ...options });
}
