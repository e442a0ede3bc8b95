import { z } from 'zod';
import {
  chartMogulUrl,
  duration,
  type Environment,
  isTrue,
  parse,
  type StripeReadingConfig,
  type StripeSweepConfig,
  sourceAliasForm,
  text,
  webAddress,
  wholeNumber,
} from './config.js';
import { entry, listOf } from './config-lists.js';

/** The environment variables of `StripeReadingConfig`. */
export const stripeReadingShape = {
  STRIPE_METADATA_KEY: text.max(40, 'must not have more than 40 characters, as in Stripe').default('lead_id'),
  STRIPE_REFERENCE_SECRET: listOf(
    entry('at least 32 random characters', /^(?<secret>[\x21-\x7e]{32,200})$/, ({ secret = '' }) => secret),
  ).default([]),
  STRIPE_TRUST_UNSIGNED_REFERENCES: isTrue,
  ALLOW_EMAIL_LEAD_IDS: isTrue,
};
const stripeReading = z.object(stripeReadingShape);

export function stripeReadingConfig(value: z.output<typeof stripeReading>): StripeReadingConfig {
  return {
    metadataKey: value.STRIPE_METADATA_KEY,
    referenceSecrets: value.STRIPE_REFERENCE_SECRET,
    trustUnsignedReferences: value.STRIPE_TRUST_UNSIGNED_REFERENCES,
    allowEmailLeadIds: value.ALLOW_EMAIL_LEAD_IDS,
  };
}

const sweepSchema = z
  .object({
    ...stripeReadingShape,
    STRIPE_API_KEY: text.regex(/^[rs]k_(live|test)_\w+$/, 'must be an API key, as rk_live_...'),
    STRIPE_API_SOURCE: text.regex(sourceAliasForm, 'must be an alias of BILLING_SOURCE').optional(),
    STRIPE_API_URL: webAddress.default('https://api.stripe.com'),
    STRIPE_REQUESTS_PER_SECOND: wholeNumber(20, 1, 100),
    CHARTMOGUL_URL: chartMogulUrl,
    ATTEMPT_TIMEOUT: duration('40 seconds'),
  })
  .check(({ value: { STRIPE_API_KEY: apiKey, CHARTMOGUL_URL: url }, issues }) => {
    if (!/^.k_test_/.test(apiKey) || new URL(url).hostname !== 'api.chartmogul.com') return;
    const message =
      "is a test key, but CHARTMOGUL_URL is ChartMogul's real API: test payments would appear in real charts";
    issues.push({ code: 'custom', path: ['STRIPE_API_KEY'], message, input: undefined });
  });

/** @throws ConfigError with every problem at once */
export function stripeSweepConfig(env: Environment = process.env): StripeSweepConfig {
  const value = parse(sweepSchema, env);
  return {
    api: {
      apiKey: value.STRIPE_API_KEY,
      url: value.STRIPE_API_URL,
      requestsPerSecond: value.STRIPE_REQUESTS_PER_SECOND,
    },
    reading: {
      ...stripeReadingConfig(value),
      ...(value.STRIPE_API_SOURCE !== undefined && { source: value.STRIPE_API_SOURCE }),
    },
    attemptTimeout: value.ATTEMPT_TIMEOUT,
  };
}
