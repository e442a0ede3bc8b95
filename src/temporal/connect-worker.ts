import { NativeConnection } from '@temporalio/worker';
import { type TemporalTarget, TemporalUnavailableError, temporalConfig } from './connect.js';

/**
 * The connection that workers poll with, to the Temporal that {@link temporalConfig} names. In a file of its own because
 * it loads the SDK's native core, which a client has no use for.
 *
 * @throws TemporalUnavailableError if Temporal cannot be reached
 * @throws TemporalConfigError if the settings cannot be read
 */
export async function connectWorker(target: TemporalTarget = {}): Promise<NativeConnection> {
  const { connectionOptions } = temporalConfig(target);
  try {
    return await NativeConnection.connect(connectionOptions);
  } catch (error) {
    throw new TemporalUnavailableError(
      `Temporal cannot be reached at ${connectionOptions.address}; see TEMPORAL_ADDRESS.`,
      { cause: error },
    );
  }
}
