import {
  type ClientConfigProfile,
  type ClientConnectConfig,
  loadClientConfigProfile,
  toClientOptions,
} from '@temporalio/envconfig';
import { readApiKey } from './api-key-file.js';
import { invalidSettings, TemporalConfigError } from './errors.js';
import { readCertificates } from './tls-settings.js';

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
  /** The file that holds the API key. It may be replaced at any time. */
  apiKeyFile?: string;
}

/**
 * Reads the connection settings like every Temporal tool: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS*`, and the profile `TEMPORAL_PROFILE` of the Temporal configuration file. `TEMPORAL_API_KEY_FILE` is
 * this product's own. An empty variable counts as unset.
 *
 * @throws TemporalConfigError if the settings are invalid, or a file cannot be read
 */
export function temporalConfig(target: TemporalTarget = {}): TemporalConfig {
  const env = definedOf(target.env ?? process.env);
  const apiKeyFile = env.TEMPORAL_API_KEY_FILE;
  const { connectionOptions, namespace } = optionsOf(profileOf(env, apiKeyFile));
  return {
    connectionOptions: {
      ...connectionOptions,
      address: addressOf(target.address ?? connectionOptions.address ?? defaultAddress),
    },
    namespace: target.namespace ?? namespace ?? 'default',
    ...(apiKeyFile !== undefined && { apiKeyFile }),
  };
}

/** How the user names the credential that the settings contain. Undefined if they contain none. */
export function credentialOf({ connectionOptions, apiKeyFile }: TemporalConfig): string | undefined {
  const { apiKey, metadata, tls } = connectionOptions;
  if (apiKeyFile !== undefined) return `the API key in TEMPORAL_API_KEY_FILE (${apiKeyFile})`;
  if (apiKey !== undefined) return 'the API key in TEMPORAL_API_KEY';
  if (metadata?.authorization !== undefined) return 'the token in TEMPORAL_GRPC_META_AUTHORIZATION';
  if (typeof tls === 'object' && tls?.clientCertPair) return 'the client certificate in TEMPORAL_TLS_CLIENT_CERT_PATH';
  return undefined;
}

function profileOf(env: Record<string, string>, apiKeyFile: string | undefined): ClientConfigProfile {
  if (apiKeyFile !== undefined && env.TEMPORAL_API_KEY !== undefined) {
    throw invalidSettings('set TEMPORAL_API_KEY or TEMPORAL_API_KEY_FILE, not both.');
  }
  if (env.TEMPORAL_TLS !== undefined && !/^(true|false|1|0)$/.test(env.TEMPORAL_TLS)) {
    // The SDK would turn TLS off.
    throw invalidSettings('TEMPORAL_TLS must be true or false.');
  }
  const profile = attempt(() => loadClientConfigProfile({ overrideEnvVars: env }));
  return apiKeyFile === undefined ? profile : { ...profile, apiKey: readApiKey(apiKeyFile) };
}

/** @throws TemporalConfigError also if a certificate cannot be used: the SDK would only fail to connect */
function optionsOf(profile: ClientConfigProfile): ClientConnectConfig {
  return attempt(() => {
    if (profile.tls?.disabled) return toClientOptions(profile);
    return toClientOptions({ ...profile, ...(profile.tls && { tls: readCertificates(profile.tls) }) });
  });
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof TemporalConfigError ? error : rejectedBySdk(error);
  }
}

export function rejectedBySdk(error: unknown): TemporalConfigError {
  return invalidSettings(error instanceof Error ? error.message : String(error), error);
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

/** Whether an address, as `host:port`, is on this machine. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)(:\d+)?$/.test(address);
}

/** Whether an address, as `host:port`, is Temporal Cloud's: an endpoint of a namespace, or of a region. */
export function isTemporalCloud(address: string): boolean {
  return /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address);
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
}
