import { NativeConnection } from '@temporalio/worker';
import { type TemporalTarget, temporalConfig, unreachable } from './connect.js';

/**
 * Connects a worker to the Temporal server of {@link temporalConfig}. In a separate file because it loads the SDK's
 * native core, which clients do not need.
 *
 * @throws TemporalUnavailableError if Temporal cannot be reached
 * @throws TemporalConfigError if the settings are invalid
 */
export async function connectWorker(target: TemporalTarget = {}): Promise<NativeConnection> {
  const { connectionOptions } = temporalConfig(target);
  try {
    return await NativeConnection.connect(connectionOptions);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unreachable(connectionOptions, reason, error);
  }
}
