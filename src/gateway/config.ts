import type { Duration } from '@temporalio/common';
import { z } from 'zod';
import type { SourceAlias } from '../domain/billing/source.js';
import { milliseconds } from '../domain/duration.js';
import {
  accountName,
  chartMogulUrl,
  duration,
  type Environment,
  logLevel,
  parse,
  type StripeReadingConfig,
  text,
  webAddress,
  wholeNumber,
} from '../runtime/config.js';
import { entry, listOf } from '../runtime/config-lists.js';
import { stripeReadingConfig, stripeReadingShape } from '../runtime/stripe-config.js';
import { type AccessKey, scopes } from './access.js';

export interface GatewayConfig {
  /** The address for applications and billing systems. */
  readonly host: string;
  readonly port: number;
  /** The address for metrics and readiness. Not public. */
  readonly operations: { readonly host: string; readonly port: number };
  /** Undefined: every program on this machine has access, see `--insecure-local`. */
  readonly keys: readonly AccessKey[] | undefined;
  readonly stripe: StripeConfig;
  readonly chartMogulWebhooks: readonly ChartMogulWebhook[];
  /** The account of callers without a key. */
  readonly account: string;
  readonly allowEmailLeadIds: boolean;
  readonly attemptTimeout: Duration;
  readonly logLevel: string;
}

export interface StripeConfig extends StripeReadingConfig {
  readonly secrets: readonly StripeSecret[];
  readonly connectedAccounts: readonly ConnectedAccount[];
  /** How old the signature of an event may be. */
  readonly toleranceSeconds: number;
}

export interface StripeSecret {
  readonly account: string;
  readonly mode: 'live' | 'test';
  /** The alias of the billing source that the events belong to. Undefined: the first source. */
  readonly source?: SourceAlias;
  readonly secret: string;
}

/** A connected account of the company itself (Stripe Connect), which is a billing source of its own. */
export interface ConnectedAccount {
  readonly account: string;
  readonly source: SourceAlias;
  /** `acct_...` */
  readonly id: string;
}

export interface ChartMogulWebhook {
  readonly account: string;
  readonly secret: string;
}

const key = entry(
  'name:account:scope+scope:hash, as `customer-journey key` prints it',
  /^(?<name>[\w.-]{1,40}):(?<account>[a-z0-9][a-z0-9-]{0,39}):(?<scopes>[a-z+]+):(?<hash>[0-9a-f]{64})$/,
  ({ name = '', account = '', scopes: given = '', hash = '' }) => {
    const wanted = given.split('+');
    const known = scopes.filter((scope) => wanted.includes(scope));
    return known.length === wanted.length
      ? { name, account, scopes: known, hash: Buffer.from(hash, 'hex') }
      : undefined;
  },
);

const stripeSecret = entry(
  'account:live:whsec_... or account:test:whsec_...; of a further billing source, account:live:source:whsec_...',
  /^(?<account>[a-z0-9][a-z0-9-]{0,39}):(?<mode>live|test):((?<source>[a-z0-9][a-z0-9-]{0,19}):)?(?<secret>whsec_[\w+/=-]{16,})$/,
  ({ account = '', mode, source, secret = '' }) =>
    ({ account, mode: mode === 'live' ? 'live' : 'test', ...(source !== undefined && { source }), secret }) as const,
);

const connectedAccount = entry(
  'account:source:acct_...',
  /^(?<account>[a-z0-9][a-z0-9-]{0,39}):(?<source>[a-z0-9][a-z0-9-]{0,19}):(?<id>acct_\w{1,100})$/,
  ({ account = '', source = '', id = '' }) => ({ account, source, id }),
);

/** 22 characters of base64url are 132 bits. */
const chartMogulWebhook = entry(
  'account:secret with a secret of at least 22 random letters, digits, - and _',
  /^(?<account>[a-z0-9][a-z0-9-]{0,39}):(?<secret>[\w-]{22,200})$/,
  ({ account = '', secret = '' }) => ({ account, secret }),
);

const schema = z.object({
  GATEWAY_HOST: text.default('127.0.0.1'),
  GATEWAY_PORT: wholeNumber(8080, 0, 65_535),
  GATEWAY_OPERATIONS_HOST: text.default('127.0.0.1'),
  GATEWAY_OPERATIONS_PORT: wholeNumber(9464, 0, 65_535),
  GATEWAY_KEYS: listOf(key).default([]),
  STRIPE_WEBHOOK_SECRETS: listOf(stripeSecret).default([]),
  STRIPE_CONNECTED_ACCOUNTS: listOf(connectedAccount).default([]),
  ...stripeReadingShape,
  STRIPE_SIGNATURE_TOLERANCE: duration('5 minutes'),
  CHARTMOGUL_WEBHOOK_SECRETS: listOf(chartMogulWebhook).default([]),
  CHARTMOGUL_URL: chartMogulUrl,
  JOURNEY_ACCOUNT: accountName,
  ATTEMPT_TIMEOUT: duration('40 seconds'),
  TEMPORAL_UI_URL: webAddress.optional(),
  LOG_LEVEL: logLevel,
});

/**
 * @param isLocal requires no keys and listens on a loopback address only: 127.0.0.1 by default
 * @throws ConfigError with every problem at once
 */
export function gatewayConfig(env: Environment = process.env, { isLocal = false } = {}): GatewayConfig {
  const guarded = schema.check(({ value, issues }) => {
    const problem = (name: string, message: string) =>
      void issues.push({ code: 'custom', path: [name], message, input: undefined });
    if (isLocal) {
      if (value.GATEWAY_KEYS.length > 0)
        problem('GATEWAY_KEYS', 'has no effect with --insecure-local; remove one of the two');
      if (!/^(localhost|127\.0\.0\.1|::1)$/.test(value.GATEWAY_HOST)) {
        problem('GATEWAY_HOST', 'must be 127.0.0.1, ::1 or localhost with --insecure-local');
      }
    } else if (value.GATEWAY_KEYS.length === 0) {
      problem(
        'GATEWAY_KEYS',
        'is missing: create a key with `customer-journey key`, or use --insecure-local to try the gateway',
      );
    }
    const isTest = value.STRIPE_WEBHOOK_SECRETS.some(({ mode }) => mode === 'test');
    if (isTest && new URL(value.CHARTMOGUL_URL).hostname === 'api.chartmogul.com') {
      const message =
        "has a test secret, but CHARTMOGUL_URL is ChartMogul's real API: test payments would appear in real charts";
      problem('STRIPE_WEBHOOK_SECRETS', message);
    }
  });
  const value = parse(guarded, env);
  return {
    host: value.GATEWAY_HOST,
    port: value.GATEWAY_PORT,
    operations: { host: value.GATEWAY_OPERATIONS_HOST, port: value.GATEWAY_OPERATIONS_PORT },
    keys: isLocal ? undefined : value.GATEWAY_KEYS,
    stripe: {
      secrets: value.STRIPE_WEBHOOK_SECRETS,
      connectedAccounts: value.STRIPE_CONNECTED_ACCOUNTS,
      ...stripeReadingConfig(value),
      toleranceSeconds: Math.max(1, Math.round(milliseconds(value.STRIPE_SIGNATURE_TOLERANCE) / 1000)),
    },
    chartMogulWebhooks: value.CHARTMOGUL_WEBHOOK_SECRETS,
    account: value.JOURNEY_ACCOUNT,
    allowEmailLeadIds: value.ALLOW_EMAIL_LEAD_IDS,
    attemptTimeout: value.ATTEMPT_TIMEOUT,
    logLevel: value.LOG_LEVEL,
  };
}
