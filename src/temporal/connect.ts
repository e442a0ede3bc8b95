import { Client, Connection } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import ms from 'ms';
import { dataConverter } from './data-converter.js';
import { grpcErrorIn, grpcStatus } from './grpc-errors.js';

/** The default address of every Temporal SDK. */
const defaultAddress = 'localhost:7233';

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
 * `TEMPORAL_TLS*`, and the profile `TEMPORAL_PROFILE` of the Temporal configuration file.
 *
 * @throws TemporalConfigError if the settings are invalid
 */
export function temporalConfig(target: TemporalTarget = {}): TemporalConfig {
  const env = target.env ?? process.env;
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: definedOf(env) });
    return {
      connectionOptions: {
        ...connectionOptions,
        address: target.address ?? connectionOptions.address ?? defaultAddress,
      },
      namespace: target.namespace ?? namespace ?? 'default',
    };
  } catch (error) {
    throw new TemporalConfigError(`Invalid Temporal settings: ${messageOf(error)}`, { cause: error });
  }
}

export interface ConnectOptions extends TemporalTarget {
  /** Connection timeout. Default: 5 seconds. */
  timeout?: ms.StringValue;
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
  const timeout = options.timeout ?? '5 seconds';
  const connection = Connection.lazy({ ...connectionOptions, connectTimeout: timeout });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + ms(timeout), () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    // The SDK's type does not keep the type of the connection.
    return new Client({ connection, namespace, dataConverter: dataConverter() }) as ConnectedClient;
  } catch (error) {
    await connection.close();
    throw connectError(error, connectionOptions.address, namespace);
  }
}

function connectError(error: unknown, address: string, namespace: string): Error {
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
      return new TemporalUnavailableError(
        `Temporal cannot be reached at ${address} (${grpcError?.details ?? messageOf(error)}); see TEMPORAL_ADDRESS.`,
        { cause: error },
      );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
