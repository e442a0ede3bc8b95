import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import ms from 'ms';
import { apiKeyReader, expiryOf } from './api-key-file.js';
import { dataConverter } from './data-converter.js';
import { diagnose } from './diagnosis.js';
import { CredentialRefusedError, TemporalConfigError, TemporalUnavailableError } from './errors.js';
import { grpcErrorIn, grpcStatus, refusalOf } from './grpc-errors.js';
import { credentialOf, rejectedBySdk, type TemporalConfig, type TemporalTarget, temporalConfig } from './settings.js';

const diagnosedWithinMs = 5_000;

export interface ConnectOptions extends TemporalTarget {
  /** Connection timeout. Default: 5 seconds. */
  timeout?: Duration;
  /** Whether the SDK repeats calls that failed. Its pauses cannot be interrupted. Default: true. */
  repeatsCalls?: boolean;
  /** Ends the search for the reason of a failure. */
  signal?: AbortSignal;
}

/** A client whose connection can be closed, and provides services other than the workflow service. */
export type ConnectedClient = Client & { readonly connection: Connection };

/**
 * Connects a client to the configured Temporal server and checks that the namespace exists. The caller closes
 * `client.connection`. A key of `TEMPORAL_API_KEY_FILE` is read again when the file is replaced.
 *
 * @throws TemporalUnavailableError if nothing answers at the address within the timeout, or the credential is refused
 * and may be replaced
 * @throws TemporalConfigError if the settings are invalid or do not fit the server, the credential is refused, or the
 * namespace is missing
 */
export async function connectClient(options: ConnectOptions = {}): Promise<ConnectedClient> {
  const config = temporalConfig(options);
  const { namespace } = config;
  const { timeout = '5 seconds', repeatsCalls = true } = options;
  const timeoutMs = typeof timeout === 'number' ? timeout : ms(timeout);
  const connection = lazyConnection(config, timeoutMs, repeatsCalls);
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    // The SDK's type does not keep the type of the connection.
    return new Client({ connection, namespace, dataConverter: dataConverter() }) as ConnectedClient;
  } catch (error) {
    await connection.close();
    throw await connectError(error, config, options.signal);
  }
}

/** @throws TemporalConfigError if the SDK rejects the options */
function lazyConnection(
  { connectionOptions, apiKeyFile }: TemporalConfig,
  connectTimeout: number,
  repeatsCalls: boolean,
): Connection {
  const options: ConnectionOptions = { ...connectionOptions, connectTimeout };
  if (!repeatsCalls) options.interceptors = []; // the only default one repeats calls
  if (apiKeyFile !== undefined) options.apiKey = apiKeyReader(apiKeyFile);
  try {
    return Connection.lazy(options);
  } catch (error) {
    throw rejectedBySdk(error);
  }
}

/**
 * Explains why a connection failed. If it does not know from the error, it connects once more to find out, which takes
 * seconds if nothing answers.
 */
export async function connectError(
  cause: unknown,
  config: TemporalConfig,
  signal?: AbortSignal,
): Promise<TemporalConfigError | TemporalUnavailableError> {
  const { address, tls } = config.connectionOptions;
  const grpcError = grpcErrorIn(cause);
  if (grpcError?.code === grpcStatus.notFound) {
    const message = `Temporal at ${address} has no namespace ${config.namespace}; see TEMPORAL_NAMESPACE.`;
    return new TemporalConfigError(message, { cause });
  }
  const refusal = refusalOf(cause);
  if (refusal !== undefined) return credentialRefused(refusal, cause, config);
  const diagnosis = await diagnose(
    { address, tls: tls === true ? {} : tls || undefined, isTlsOfApiKey: tls === true },
    diagnosedWithinMs,
    signal,
  );
  const reason = diagnosis?.problem ?? grpcError?.details ?? messageOf(cause);
  const remedy = diagnosis?.remedy ?? 'see TEMPORAL_ADDRESS';
  const message = `Temporal cannot be reached at ${address} (${reason}); ${remedy}.`;
  return diagnosis?.mayPass === false
    ? new TemporalConfigError(message, { cause })
    : new TemporalUnavailableError(message, { cause });
}

/** A credential from a file may be replaced there; any other one needs another start. */
function credentialRefused(
  refusal: string,
  cause: unknown,
  config: TemporalConfig,
): CredentialRefusedError | TemporalUnavailableError {
  const { connectionOptions, namespace, apiKeyFile } = config;
  const credential = credentialOf(config);
  const where = `Temporal at ${connectionOptions.address}`;
  if (credential === undefined) {
    const message = `${where} requires a credential for the namespace ${namespace}, and none is set (${refusal}); set TEMPORAL_API_KEY or TEMPORAL_API_KEY_FILE.`;
    return new CredentialRefusedError(message, { cause });
  }
  const expiry = connectionOptions.apiKey === undefined ? undefined : expiryOf(connectionOptions.apiKey);
  const why =
    expiry !== undefined && expiry.getTime() < Date.now()
      ? `it expired at ${expiry.toISOString()}`
      : 'it is not valid there, has expired, or lacks a permission';
  const message = `${where} refuses ${credential} for the namespace ${namespace} (${refusal}): ${why}.`;
  return apiKeyFile === undefined
    ? new CredentialRefusedError(message, { cause })
    : new TemporalUnavailableError(message, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
