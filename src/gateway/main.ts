import { exitCodes } from '../runtime/exit-codes.js';
import { createLogger } from '../runtime/logging.js';
import { explainListenError, watchProcess } from '../runtime/operations.js';
import { unknownSettings } from '../runtime/unknown-settings.js';
import { connectClient } from '../temporal/connect.js';
import { ensureSearchAttributes } from '../temporal/search-attributes.js';
import { temporalConfig } from '../temporal/settings.js';
import { searchAttributeKeys } from '../workflows/search-attributes.js';
import { gatewayConfig } from './config.js';
import { startGateway } from './gateway.js';
import { Metrics } from './metrics.js';

/** The usual grace period of an orchestrator (30 s), less two seconds. */
const stopWithinMs = 28_000;

/**
 * The command `customer-journey gateway`: runs until SIGTERM or SIGINT.
 *
 * @throws ConfigError, TemporalConfigError, TemporalUnavailableError
 */
export async function runGateway(env: NodeJS.ProcessEnv, { isLocal = false } = {}): Promise<void> {
  const config = gatewayConfig(env, { isLocal });
  const { namespace } = temporalConfig({ env });
  const log = createLogger(config.logLevel);
  for (const { text, fix } of unknownSettings(env)) log.warn(`${text}; ${fix}`);
  const client = await connectClient({ env });
  try {
    // Journeys need them, and may be started before the first worker.
    await ensureSearchAttributes(client.connection, namespace, searchAttributeKeys);
    const stopping = stopOnSignals((signal) =>
      log.info({ signal }, 'gateway is stopping; send a second signal to exit at once'),
    );
    const metrics = new Metrics();
    watchProcess(metrics.registry);
    const gateway = await startGateway({ client, config, log, env, metrics }).catch((error: unknown) =>
      explainListenError(error, 'GATEWAY_PORT, GATEWAY_OPERATIONS_PORT and their hosts'),
    );
    const { url, operationsUrl } = gateway;
    const webhooks = { stripe: config.stripe.secrets.length, chartMogul: config.chartMogulWebhooks.length };
    log.info(
      { url, operationsUrl, keys: config.keys?.map(({ name }) => name) ?? 'not required', webhooks },
      'gateway started',
    );
    await stopping;
    await gateway.close();
    log.info('gateway stopped');
  } finally {
    await client.connection.close();
  }
}

function stopOnSignals(onFirst: (signal: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: string) => {
      if (isStopping) process.exit(exitCodes.failed);
      isStopping = true;
      onFirst(signal);
      setTimeout(() => process.exit(exitCodes.failed), stopWithinMs).unref();
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  });
}
