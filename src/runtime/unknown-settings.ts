import leven from 'leven';
import type { Environment } from './config.js';

/** The settings of all programs, which may share one environment. A test compares them with what the programs read. */
export const settings: readonly string[] = [
  'ALLOW_EMAIL_LEAD_IDS',
  'ATTEMPT_TIMEOUT',
  'BILLING_SOURCE',
  'CHARTMOGUL_API_KEY',
  'CHARTMOGUL_PARALLEL_REQUESTS',
  'CHARTMOGUL_REQUESTS_PER_SECOND',
  'CHARTMOGUL_TIMEOUT',
  'CHARTMOGUL_URL',
  'CHARTMOGUL_WEBHOOK_SECRETS',
  'FOREIGN_DATES',
  'GATEWAY_HOST',
  'GATEWAY_KEYS',
  'GATEWAY_OPERATIONS_HOST',
  'GATEWAY_OPERATIONS_PORT',
  'GATEWAY_PORT',
  'JOURNEY_ACCOUNT',
  'LEADS_SOURCE',
  'LOG_LEVEL',
  'MERGE_CUSTOMERS',
  'SHUTDOWN_FORCE',
  'SHUTDOWN_GRACE',
  'STRIPE_API_KEY',
  'STRIPE_API_SOURCE',
  'STRIPE_API_URL',
  'STRIPE_CONNECTED_ACCOUNTS',
  'STRIPE_METADATA_KEY',
  'STRIPE_REFERENCE_SECRET',
  'STRIPE_REQUESTS_PER_SECOND',
  'STRIPE_SIGNATURE_TOLERANCE',
  'STRIPE_TRUST_UNSIGNED_REFERENCES',
  'STRIPE_WEBHOOK_SECRETS',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_API_KEY',
  'TEMPORAL_API_KEY_FILE',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_PROFILE',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_CLIENT_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_UI_URL',
  'WORKER_BUILD_ID',
  'WORKER_CACHED_WORKFLOWS',
  'WORKER_DEPLOYMENT_NAME',
  'WORKER_OPERATIONS_HOST',
  'WORKER_OPERATIONS_PORT',
  'WORKER_VERSIONING',
  'WORKER_WORKFLOW_POLLERS',
];

/** Read by applications of the examples and by development tools, so nobody means a setting by them. */
const others: readonly string[] = ['JOURNEY_GATEWAY', 'JOURNEY_KEY', 'TEMPORAL_CLI'];

/** Only this product's settings begin so. Other programs have settings that begin like the remaining ones. */
const ownPrefix = /^(CHARTMOGUL|JOURNEY)_/;

/** Kubernetes and Docker describe services by these: a service `chartmogul-sandbox`, for example. */
const ofServices = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/;

/** An environment variable that looks like a setting and is none. */
export interface UnknownSetting {
  readonly text: string;
  /** The one thing to do. */
  readonly fix: string;
}

/**
 * The environment variables that nothing reads although they look like settings: they have this product's prefix, or are a
 * typing error away from a setting that is not set. Shows names only, never values.
 */
export function unknownSettings(env: Environment): UnknownSetting[] {
  const names = Object.keys(env).filter((name) => env[name] && /^\w{1,100}$/.test(name));
  return names.flatMap((name) => {
    if (settings.includes(name) || others.includes(name)) return [];
    const meant = meantBy(name);
    const isMistyped = meant !== undefined && !env[meant];
    const isOwn = ownPrefix.test(name) && !ofServices.test(name);
    if (!isMistyped && !isOwn) return [];
    const fix = isMistyped ? `rename it to ${meant}` : 'remove it; customer-journey worker --help lists settings';
    return [{ text: `${name} is not a setting, so it is ignored`, fix }];
  });
}

/** The setting that a name is a typing error away from, also without this product's prefix. */
function meantBy(name: string): string | undefined {
  const upper = name.toUpperCase();
  const bare = upper.replace(ownPrefix, '');
  const distanceTo = (setting: string) => Math.min(leven(upper, setting), leven(bare, setting));
  const near = settings.map((setting) => ({ setting, distance: distanceTo(setting) }));
  const [nearest] = near
    .filter(({ setting, distance }) => distance <= (setting.length < longName ? 1 : 2))
    .sort((one, other) => one.distance - other.distance);
  return nearest?.setting;
}

/** Shorter names differ from those of other programs by two letters. */
const longName = 14;
