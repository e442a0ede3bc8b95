import { starterConfig } from '../runtime/config.js';
import { connectClient } from '../temporal/connect.js';
import { BillingCustomers } from './billing-customers.js';
import { Journeys } from './journeys.js';
import type { JourneysOptions } from './options.js';

/**
 * {@link Journeys} on the Temporal and the account that the environment names. Close with
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
 * {@link BillingCustomers} on the Temporal and the account that the environment names. Close with
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
