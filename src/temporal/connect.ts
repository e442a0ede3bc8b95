import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import ms from 'ms';
import { dataConverter } from './data-converter.js';
import { grpcErrorIn, grpcStatus } from './grpc-errors.js';

/** The default address and port of every Temporal SDK. */
const defaultAddress = 'localhost';
const defaultPort = 7233;

/** The Temporal server and namespace to connect to. Omitted values come from the environment. */
export interface TemporalTarget {
  address?: string;
  namespace?: string;
  /** Where `TEMPORAL_*` is read from. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
}

/** The options common to `Connection` and `NativeConnection`, and the namespace. */
export interface TemporalConfig {
  connectionOptions: ClientConnectConfig['connectionOptions'] & { address: string };
  namespace: string;
}

/** Temporal could not be reached. The message is one line with the address and what to do. */
export class TemporalUnavailableError extends Error {
  override readonly name = 'TemporalUnavailableError';
  readonly code = 'temporal-unavailable';
}

/** The Temporal settings conflict or cannot be read. */
export class TemporalConfigError extends Error {
  override readonly name = 'TemporalConfigError';
  readonly code = 'config';
}

/**
 * Reads the connection settings like every Temporal tool: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS*`, and the profile `TEMPORAL_PROFILE` of the Temporal configuration file. An empty variable counts as
 * unset.
 *
 * @throws TemporalConfigError if the settings are invalid
 */
export function temporalConfig(target: TemporalTarget = {}): TemporalConfig {
  const { connectionOptions, namespace } = settingsOf(target.env ?? process.env);
  return {
    connectionOptions: {
      ...connectionOptions,
      address: addressOf(target.address ?? connectionOptions.address ?? defaultAddress),
    },
    namespace: target.namespace ?? namespace ?? 'default',
  };
}

function settingsOf(env: NodeJS.ProcessEnv): ClientConnectConfig {
  try {
    return loadClientConnectConfig({ overrideEnvVars: definedOf(env) });
  } catch (error) {
    throw invalidSettings(error);
  }
}

function invalidSettings(error: unknown): TemporalConfigError {
  return new TemporalConfigError(`Invalid Temporal settings: ${messageOf(error)}`, { cause: error });
}

/** The address as `host:port`, with the default port if it has none. @throws TemporalConfigError */
function addressOf(text: string): string {
  const address = hostAndPort(text.trim());
  if (address !== undefined) return address;
  // What is left of a URL without its scheme, credentials and path.
  const rest = text.trim().replace(/^[a-z][a-z\d+.-]*:\/\/(?:[^/@]*@)?|[/?#].*$/gi, '');
  const example = hostAndPort(rest) ?? 'temporal.example.com:7233';
  const hint = /^\s*https:/i.test(text) ? ' and TEMPORAL_TLS=true' : '';
  throw new TemporalConfigError(
    `Invalid Temporal address: it must be host:port and no URL; set TEMPORAL_ADDRESS=${example}${hint}.`,
  );
}

function hostAndPort(text: string): string | undefined {
  const { host, port = defaultPort } =
    /^(?<host>\[[\da-f:.]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?$/i.exec(text)?.groups ?? {};
  return host === undefined || Number(port) < 1 || Number(port) > 65_535 ? undefined : `${host}:${port}`;
}

export interface ConnectOptions extends TemporalTarget {
  /** Connection timeout. Default: 5 seconds. */
  timeout?: Duration;
}

/** A client whose connection can be closed, and provides services other than the workflow service. */
export type ConnectedClient = Client & { readonly connection: Connection };

/**
 * Connects a client to the configured Temporal server and checks that the namespace exists. The caller closes
 * `client.connection`.
 *
 * @throws TemporalUnavailableError if nothing answers at the address within the timeout
 * @throws TemporalConfigError if the settings are invalid, the credentials rejected or the namespace missing
 */
export async function connectClient(options: ConnectOptions = {}): Promise<ConnectedClient> {
  const { connectionOptions, namespace } = temporalConfig(options);
  const { timeout = '5 seconds' } = options;
  const timeoutMs = typeof timeout === 'number' ? timeout : ms(timeout);
  const connection = lazyConnection({ ...connectionOptions, connectTimeout: timeoutMs });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    // The SDK's type does not keep the type of the connection.
    return new Client({ connection, namespace, dataConverter: dataConverter() }) as ConnectedClient;
  } catch (error) {
    await connection.close();
    throw connectError(error, connectionOptions, namespace);
  }
}

/** @throws TemporalConfigError if the SDK rejects the options */
function lazyConnection(options: ConnectionOptions): Connection {
  try {
    return Connection.lazy(options);
  } catch (error) {
    throw invalidSettings(error);
  }
}

type TargetOptions = TemporalConfig['connectionOptions'];

function connectError(error: unknown, options: TargetOptions, namespace: string): Error {
  const { address } = options;
  const grpcError = grpcErrorIn(error);
  switch (grpcError?.code) {
    case grpcStatus.notFound:
      return new TemporalConfigError(`Temporal at ${address} has no namespace ${namespace}; see TEMPORAL_NAMESPACE.`, {
        cause: error,
      });
    case grpcStatus.permissionDenied:
    case grpcStatus.unauthenticated:
      return new TemporalConfigError(
        `Temporal at ${address} rejects these credentials for the namespace ${namespace}; see TEMPORAL_API_KEY.`,
        { cause: error },
      );
    default:
      return unreachable(options, grpcError?.details ?? messageOf(error), error);
  }
}

/** Also says whether TLS is used: if the server expects the contrary, a connection only times out. */
export function unreachable(
  { address, tls, apiKey }: TargetOptions,
  reason: string,
  cause: unknown,
): TemporalUnavailableError {
  const isLocal = isLoopback(address);
  const tlsHint = tls
    ? ` TLS is on${apiKey === undefined ? '' : ', as TEMPORAL_API_KEY is set'}: if the server does not use it, set TEMPORAL_TLS=false.`
    : isLocal
      ? ''
      : ' TLS is off: if the server requires it, set TEMPORAL_TLS=true.';
  const message = `Temporal cannot be reached at ${address} (${reason}); see TEMPORAL_ADDRESS.${tlsHint}`;
  return new TemporalUnavailableError(message, { cause });
}

/** Whether an address, as `host:port`, is on this machine. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)(:\d+)?$/.test(address);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
}
