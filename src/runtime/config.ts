import type { Duration, WorkerDeploymentVersion } from '@temporalio/common';
import ms from 'ms';
import { z } from 'zod';
import { version } from './program.js';

/** The configuration is invalid. The message lists every problem, and never a value that could be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config';
}

/** A duration with its unit. */
export const duration = (defaultValue: string) =>
  z
    .string()
    .default(defaultValue)
    .refine(isDuration, 'must be a duration with a unit, for example 30 seconds')
    .transform((value) => value as ms.StringValue); // just checked

export const wholeNumber = (defaultValue: number, minimum: number, maximum: number) =>
  z.coerce
    .number({ error: 'must be a number' })
    .int('must be a whole number')
    .min(minimum, `must be at least ${minimum}`)
    .max(maximum, `must be at most ${maximum}`)
    .default(defaultValue);

export const text = z.string({ error: 'is missing' }).trim().min(1, 'is empty');

export const accountName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 of a-z, 0-9 and hyphens')
  .default('default');

export const logLevel = z
  .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    error: 'must be one of trace, debug, info, warn, error, fatal, silent',
  })
  .default('info');

export const isTrue = z
  .enum(['true', 'false', '1', '0', ''], { error: 'must be true or false' })
  .default('false')
  .transform((value) => value === 'true' || value === '1');

export const webAddress = z.url({ protocol: /^https?$/, error: 'must be a URL' });

/** Node refuses to send requests to an address with a password. */
export const chartMogulUrl = webAddress
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must contain no user and no password')
  .default('https://api.chartmogul.com');

const foreignDateRules = ['ask', 'keep', 'replace'] as const;
/**
 * A cached workflow costs 0.2 MB; an evicted one costs a replay when it continues. Journeys that wait for weeks do not
 * need the cache. With 100, a worker stays below 300 MB, regardless of the number of waiting journeys.
 */
export const defaultCachedWorkflows = 100;

/** The worker's cache, and the import's window, which should not exceed the caches of all workers. */
const cachedWorkflows = wholeNumber(defaultCachedWorkflows, 1, 99_999);

export const sourceAliasForm = /^[a-z0-9][a-z0-9-]{0,19}$/;

/** `Stripe`, or `Stripe,us=Stripe US`: each further source has an alias. */
const billingSources = text.default('Stripe').transform((list, { issues }) => {
  const refuse = (message: string) => void issues.push({ code: 'custom', message, input: undefined });
  const [billing = '', ...entries] = list.split(',').map((entry) => entry.trim());
  const further = entries.map((entry) => {
    const [alias = '', ...name] = entry.split('=');
    return [alias.trim(), name.join('=').trim()] as const;
  });
  if (billing === '') refuse('names no first source');
  if (further.some(([alias, name]) => !sourceAliasForm.test(alias) || name === '')) {
    refuse('must be a source, and after a comma further ones with an alias: Stripe,us=Stripe US (or a UUID)');
  }
  if (new Set(further.map(([alias]) => alias)).size < further.length) refuse('has the same alias twice');
  return { billing, ...(further.length > 0 && { furtherBilling: Object.fromEntries(further) }) };
});

/** Of ChartMogul's 40 a second, ten percent are left for other programs. */
const defaultRate = 36;

/** What a worker needs. */
const workerSchema = z.object({
  CHARTMOGUL_API_KEY: text.regex(/^[\x21-\x7e]+$/, 'has characters that no API key has'),
  CHARTMOGUL_URL: chartMogulUrl,
  CHARTMOGUL_REQUESTS_PER_SECOND: wholeNumber(defaultRate, 1, 40),
  CHARTMOGUL_PARALLEL_REQUESTS: wholeNumber(6, 1, 20),
  CHARTMOGUL_TIMEOUT: duration('30 seconds'),
  LEADS_SOURCE: text.default('Leads'),
  BILLING_SOURCE: billingSources,
  JOURNEY_ACCOUNT: accountName,
  LOG_LEVEL: logLevel,
  MERGE_CUSTOMERS: isTrue,
  FOREIGN_DATES: z.enum(foreignDateRules, { error: `must be one of ${foreignDateRules.join(', ')}` }).default('ask'),
  WORKER_VERSIONING: z
    .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
    .transform((value) => value === 'true' || value === '1')
    .optional(),
  // The server rejects a dot in the name, and separates the name from the build id with one.
  WORKER_DEPLOYMENT_NAME: text
    .regex(/^(?!__)[\w-]{1,100}$/, 'must be 1 to 100 letters, digits, _ or -, and not begin with __')
    .optional(),
  WORKER_BUILD_ID: text
    .regex(/^(?!__)[\w.+-]{1,100}$/, 'must be 1 to 100 letters, digits, _ . + or -, and not begin with __')
    .optional(),
  WORKER_CACHED_WORKFLOWS: cachedWorkflows,
  WORKER_WORKFLOW_POLLERS: wholeNumber(10, 2, 100), // the SDK's default and minimum
  WORKER_OPERATIONS_HOST: text.default('127.0.0.1'),
  WORKER_OPERATIONS_PORT: wholeNumber(9465, 0, 65_535),
  // For tests only: tests of a shutdown need not wait for half a minute.
  SHUTDOWN_GRACE: duration('20 seconds'),
  SHUTDOWN_FORCE: duration('28 seconds'),
});

const chartMogulSchema = workerSchema.pick({
  CHARTMOGUL_API_KEY: true,
  CHARTMOGUL_URL: true,
  CHARTMOGUL_TIMEOUT: true,
});

/** What an application that starts journeys needs. */
const starterSchema = z.object({
  JOURNEY_ACCOUNT: accountName,
  ALLOW_EMAIL_LEAD_IDS: isTrue,
  ATTEMPT_TIMEOUT: duration('40 seconds'),
  TEMPORAL_UI_URL: webAddress.optional(),
});

/** The settings of the workers that an import uses for its estimates and its window. The workers enforce the rate. */
const importSchema = z.object({
  CHARTMOGUL_REQUESTS_PER_SECOND: wholeNumber(defaultRate, 1, 40),
  WORKER_CACHED_WORKFLOWS: cachedWorkflows,
});

export interface WorkerConfig {
  readonly chartMogul: { readonly apiKey: string; readonly url: string; readonly timeoutMs: number };
  /** The rate that the Temporal server enforces across all workers of the account. ChartMogul allows 40. */
  readonly requestsPerSecond: number;
  /** Parallel requests of this worker. ChartMogul allows 20 for the account. */
  readonly parallelRequests: number;
  /** Names or UUIDs of the data sources; further billing sources by their alias. */
  readonly sources: {
    readonly leads: string;
    readonly billing: string;
    readonly furtherBilling?: Readonly<Record<string, string>>;
  };
  readonly account: string;
  readonly logLevel: string;
  /** What the account decides for all its journeys. */
  readonly settings?: {
    /** What journeys do with dates in ChartMogul that nothing known explains. Default: `ask`. */
    readonly foreignDates?: (typeof foreignDateRules)[number];
    /** Whether all billing customers that reports name for a lead are one person. Default: false, an operator decides. */
    readonly mergesCustomers?: boolean;
  };
  /** For sweeps of Stripe. Undefined: this worker cannot sweep. */
  readonly stripe?: StripeSweepConfig;
  /** The version of a Worker Deployment that this worker belongs to. Undefined: the worker is unversioned. */
  readonly deployment?: WorkerDeploymentVersion;
  /** Default: {@link defaultCachedWorkflows}. */
  readonly cachedWorkflows?: number;
  /** Parallel polls for workflow tasks. Default: the SDK's, 10. */
  readonly workflowPollers?: number;
  /** Default: {@link defaultShutdown}. */
  readonly shutdown?: Shutdown;
}

/** What the command `customer-journey worker` needs. */
export interface WorkerProcessConfig extends WorkerConfig {
  /** The address for metrics and probes. Not public. */
  readonly operations: { readonly host: string; readonly port: number };
}

/** How Stripe's events are read. The gateway and a sweep must have the same settings. */
export interface StripeReadingConfig {
  /** The metadata key of Stripe objects that holds the lead id. */
  readonly metadataKey: string;
  /** Signing secrets for `client_reference_id`: the first signs, all verify. */
  readonly referenceSecrets: readonly string[];
  readonly trustUnsignedReferences: boolean;
  readonly allowEmailLeadIds: boolean;
}

/** What a sweep needs. */
export interface StripeSweepConfig {
  readonly api: { readonly apiKey: string; readonly url: string; readonly requestsPerSecond: number };
  /** With the billing source of the API key. Default: the first. */
  readonly reading: StripeReadingConfig & { readonly source?: string };
  /** For the billing customers that a sweep starts. */
  readonly attemptTimeout: Duration;
}

/** On shutdown, running requests are aborted after the grace time, and the process exits after the force time. */
export interface Shutdown {
  readonly graceTime: Duration;
  readonly forceTime: Duration;
}

export const defaultShutdown: Shutdown = { graceTime: '20 seconds', forceTime: '28 seconds' };

export interface StarterConfig {
  readonly account: string;
  readonly allowEmailLeadIds: boolean;
  readonly attemptTimeout: Duration;
  /** The URL of the Temporal Web UI. Default: derived from Temporal's address, if possible. */
  readonly uiUrl?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError */
export function workerConfig(env: Environment = process.env): WorkerProcessConfig {
  const value = parse(workerSchema, env);
  return {
    chartMogul: {
      apiKey: value.CHARTMOGUL_API_KEY,
      url: value.CHARTMOGUL_URL,
      timeoutMs: ms(value.CHARTMOGUL_TIMEOUT),
    },
    requestsPerSecond: value.CHARTMOGUL_REQUESTS_PER_SECOND,
    parallelRequests: value.CHARTMOGUL_PARALLEL_REQUESTS,
    sources: { leads: value.LEADS_SOURCE, ...value.BILLING_SOURCE },
    account: value.JOURNEY_ACCOUNT,
    logLevel: value.LOG_LEVEL,
    settings: { foreignDates: value.FOREIGN_DATES, mergesCustomers: value.MERGE_CUSTOMERS },
    ...deploymentOf(value),
    cachedWorkflows: value.WORKER_CACHED_WORKFLOWS,
    workflowPollers: value.WORKER_WORKFLOW_POLLERS,
    operations: { host: value.WORKER_OPERATIONS_HOST, port: value.WORKER_OPERATIONS_PORT },
    shutdown: { graceTime: value.SHUTDOWN_GRACE, forceTime: value.SHUTDOWN_FORCE },
  };
}

/** A name or a build id turns versioning on, unless `WORKER_VERSIONING` turns it off. */
function deploymentOf(value: z.output<typeof workerSchema>): Pick<WorkerConfig, 'deployment'> {
  const { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId } = value;
  const isVersioned = value.WORKER_VERSIONING ?? (deploymentName !== undefined || buildId !== undefined);
  if (!isVersioned) return {};
  return { deployment: { deploymentName: deploymentName ?? 'customer-journey', buildId: buildId ?? version } };
}

/** @throws ConfigError */
export function starterConfig(env: Environment = process.env): StarterConfig {
  const value = parse(starterSchema, env);
  return {
    account: value.JOURNEY_ACCOUNT,
    allowEmailLeadIds: value.ALLOW_EMAIL_LEAD_IDS,
    attemptTimeout: value.ATTEMPT_TIMEOUT,
    ...(value.TEMPORAL_UI_URL !== undefined && { uiUrl: value.TEMPORAL_UI_URL }),
  };
}

/** The connection to ChartMogul alone, with the worker's settings. @throws ConfigError */
export function chartMogulConfig(env: Environment = process.env): WorkerConfig['chartMogul'] {
  const value = parse(chartMogulSchema, env);
  return {
    apiKey: value.CHARTMOGUL_API_KEY,
    url: value.CHARTMOGUL_URL,
    timeoutMs: ms(value.CHARTMOGUL_TIMEOUT),
  };
}

/** The settings of each worker, according to this environment. @throws ConfigError */
export function importConfig(env: Environment = process.env): {
  readonly requestsPerSecond: number;
  readonly cachedWorkflows: number;
} {
  const value = parse(importSchema, env);
  return { requestsPerSecond: value.CHARTMOGUL_REQUESTS_PER_SECOND, cachedWorkflows: value.WORKER_CACHED_WORKFLOWS };
}

/** Parses one program's part of the environment. @throws ConfigError with every problem */
export function parse<Schema extends z.ZodType>(schema: Schema, env: Environment): z.output<Schema> {
  // An empty variable counts as unset: `export NAME=` and compose files produce empty variables.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')} ${message}`);
  throw new ConfigError(`Invalid configuration:\n${problems.join('\n')}`);
}

function isDuration(value: string): boolean {
  try {
    // Reject a number without a unit: it would mean milliseconds.
    return /[a-z]/i.test(value) && ms(value as ms.StringValue) > 0;
  } catch {
    return false;
  }
}
