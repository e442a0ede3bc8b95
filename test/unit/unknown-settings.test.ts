import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settings, unknownSettings } from '../../src/runtime/unknown-settings.js';

const found = (env: Record<string, string>) => unknownSettings(env).map(({ text, fix }) => `${text}: ${fix}`);

describe('the settings that nothing reads', () => {
  const mistyped = [
    ['JOURNEY_ACOUNT', 'JOURNEY_ACCOUNT'],
    ['CHARTMOGUL_LEAD_SOURCE', 'LEADS_SOURCE'],
    ['CHARTMOGUL_BILLING_SOURCE', 'BILLING_SOURCE'],
    ['LEAD_SOURCE', 'LEADS_SOURCE'],
    ['GATEWAY_KEY', 'GATEWAY_KEYS'],
    ['STRIPE_WEBHOOK_SECRET', 'STRIPE_WEBHOOK_SECRETS'],
    ['STRIPE_METADTAA_KEY', 'STRIPE_METADATA_KEY'],
    ['TEMPORAL_ADRESS', 'TEMPORAL_ADDRESS'],
    ['WORKER_OPERATION_PORT', 'WORKER_OPERATIONS_PORT'],
    ['journey_account', 'JOURNEY_ACCOUNT'],
  ];
  for (const [name = '', meant] of mistyped) {
    it(`names ${name}, and the setting that is meant`, () => {
      assert.deepEqual(found({ [name]: 'a-secret' }), [
        `${name} is not a setting, so it is ignored: rename it to ${meant}`,
      ]);
    });
  }

  it('names one with our prefix that is like no setting, or beside the setting', () => {
    const ignored = 'is not a setting, so it is ignored: remove it; customer-journey worker --help lists settings';
    assert.deepEqual(found({ CHARTMOGUL_CURRENCY: 'EUR' }), [`CHARTMOGUL_CURRENCY ${ignored}`]);
    assert.deepEqual(found({ CHARTMOGUL_API_KEYS: 'b', CHARTMOGUL_API_KEY: 'a' }), [`CHARTMOGUL_API_KEYS ${ignored}`]);
  });

  it('do not include an empty one, and one of another program beside the setting', () => {
    assert.deepEqual(found({ JOURNEY_ACOUNT: '' }), []);
    assert.deepEqual(found({ STRIPE_WEBHOOK_SECRET: 'whsec_1', STRIPE_WEBHOOK_SECRETS: 'acme:live:whsec_1' }), []);
  });

  const ofOthers = [
    ...['TEMPORAL_CLI', 'TEMPORAL_CLI_ADDRESS', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_CODEC_ENDPOINT', 'TEMPORAL_ENV'],
    ...['TEMPORAL_GRPC_META_AUTHORIZATION', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION', 'TEMPORAL_CODEC_AUTH'],
    ...['TEMPORAL_UI_PORT', 'TEMPORAL_CORS_ORIGINS', 'TEMPORAL_TLS_CA', 'TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY'],
    ...['STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY', 'STRIPE_API_VERSION', 'STRIPE_PRICE_ID', 'STRIPE_DEVICE_NAME'],
    ...['npm_config_cache', 'npm_package_json', 'NODE_ENV', 'PATH', 'HOSTNAME', 'LOG_FORMAT', 'WORKER_CONCURRENCY'],
    ...['GATEWAY_URL', 'GATEWAY_SERVICE_HOST', 'GATEWAY_PORT_8080_TCP_ADDR', 'CHARTMOGUL_SANDBOX_SERVICE_PORT'],
    ...['CHARTMOGUL_SANDBOX_PORT_9999_TCP', 'CHARTMOGUL_SANDBOX_SERVICE_PORT_HTTP', 'JOURNEY_GATEWAY', 'JOURNEY_KEY'],
  ];
  it('do not include those of other programs', () => {
    assert.deepEqual(found(Object.fromEntries(ofOthers.map((name) => [name, 'value']))), []);
  });

  it('are none of those that a program reads', () => {
    const files = ['runtime/config.ts', 'runtime/stripe-config.ts', 'gateway/config.ts', 'temporal/settings.ts'];
    const sources = files.map((file) => readFileSync(resolve('src', file), 'utf8')).join('\n');
    const read = [...sources.matchAll(/^ {2,6}([A-Z]+(?:_[A-Z]+)+): |env\.([A-Z_]+)/gm)].map(
      ([, inSchema, inCode]) => inSchema ?? inCode ?? '',
    );

    const ofSdk = settings.filter((name) => name.startsWith('TEMPORAL_') && !read.includes(name));
    assert.deepEqual([...new Set([...read, ...ofSdk])].sort(), settings);
    assert.ok(read.length > 40);
  });
});
