import { NativeConnection } from '@temporalio/worker';
import { apiKeyReader } from './api-key-file.js';
import { connectError } from './connect.js';
import { type TemporalTarget, temporalConfig } from './settings.js';

/** How often a worker looks for a new API key in its file. The SDK gives up a minute after the old one was refused. */
const keyIntervalMs = 2_000;

/**
 * Connects a worker to the Temporal server of {@link temporalConfig}. In a separate file because it loads the SDK's
 * native core, which clients do not need. A key of `TEMPORAL_API_KEY_FILE` is read again when the file is replaced.
 *
 * @throws TemporalUnavailableError if Temporal cannot be reached
 * @throws TemporalConfigError if the settings are invalid or do not fit the server
 */
export async function connectWorker(target: TemporalTarget = {}): Promise<NativeConnection> {
  const config = temporalConfig(target);
  try {
    // The inherited method makes an instance of the class on which it is called.
    const connection = (await RenewedConnection.connect(config.connectionOptions)) as RenewedConnection;
    if (config.apiKeyFile !== undefined) connection.renewFrom(config.apiKeyFile);
    return connection;
  } catch (error) {
    throw await connectError(error, config);
  }
}

/** A connection whose API key follows a file. */
class RenewedConnection extends NativeConnection {
  private renewing: NodeJS.Timeout | undefined;

  renewFrom(file: string): void {
    const read = apiKeyReader(file);
    let used = read();
    this.renewing = setInterval(() => {
      const key = read();
      if (key !== used) void this.setApiKey(key);
      used = key;
    }, keyIntervalMs).unref();
  }

  override async close(): Promise<void> {
    clearInterval(this.renewing);
    await super.close();
  }
}
