import assert from 'node:assert/strict';
import { request } from 'node:http';
import { callerOf, makeKey } from '../../src/gateway/access.js';
import { gatewayConfig } from '../../src/gateway/config.js';
import { ConfigError } from '../../src/runtime/config.js';
import { openGateway, type TestGateway } from './gateways.js';

const { entry } = makeKey({ name: 'crm', account: 'default', scopes: ['ingest'] });
const real = { GATEWAY_KEYS: entry };

describe('gatewayConfig', () => {
  const refused: [what: string, env: Record<string, string>, words: RegExp][] = [
    ['without keys', {}, /GATEWAY_KEYS is missing: create a key with `customer-journey key`/],
    [
      'with an invalid key entry',
      { GATEWAY_KEYS: `${entry} crm:default:ingest:abc` },
      /invalid entry 2: it must be name:/,
    ],
    ['with an unknown scope', { GATEWAY_KEYS: entry.replace(':ingest:', ':everything:') }, /invalid entry 1/],
    [
      "with a Stripe test secret and ChartMogul's real API",
      { ...real, STRIPE_WEBHOOK_SECRETS: 'default:test:whsec_0123456789abcdef' },
      /STRIPE_WEBHOOK_SECRETS has a test secret, but CHARTMOGUL_URL is ChartMogul's real API/,
    ],
    [
      'with a Stripe secret without a mode',
      { ...real, STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdef' },
      /account:live:whsec_/,
    ],
    ['with a short webhook secret', { ...real, CHARTMOGUL_WEBHOOK_SECRETS: 'default:short' }, /at least 22 random/],
    ['with a short reference secret', { ...real, STRIPE_REFERENCE_SECRET: 'short' }, /at least 32 random/],
    [
      'with a tolerance without a unit',
      { ...real, STRIPE_SIGNATURE_TOLERANCE: '300' },
      /STRIPE_SIGNATURE_TOLERANCE must be .*, for example/,
    ],
    ['with an invalid port', { ...real, GATEWAY_PORT: '80000' }, /GATEWAY_PORT must be at most 65535/],
  ];
  for (const [what, env, words] of refused) {
    it(`throws a ConfigError ${what}`, () => {
      assert.throws(
        () => gatewayConfig(env),
        (error: Error) => error instanceof ConfigError && words.test(error.message),
      );
    });
  }

  it('reports all problems at once, never a secret', () => {
    const env = { GATEWAY_KEYS: 'hunter2', STRIPE_WEBHOOK_SECRETS: 'hunter3', GATEWAY_PORT: 'x' };

    assert.throws(
      () => gatewayConfig(env),
      ({ message }: Error) =>
        ['KEYS', 'PORT', 'STRIPE'].every((name) => message.includes(name)) && !/hunter/.test(message),
    );
  });

  it('accepts signatures for five minutes, or as long as configured', () => {
    const toleranceOf = (env: Record<string, string>) => gatewayConfig({ ...real, ...env }).stripe.toleranceSeconds;

    assert.deepEqual([toleranceOf({}), toleranceOf({ STRIPE_SIGNATURE_TOLERANCE: '2 hours' })], [300, 7200]);
  });

  it('refuses to listen on the network without keys', () => {
    assert.throws(
      () => gatewayConfig({ GATEWAY_HOST: '0.0.0.0' }, { isLocal: true }),
      /GATEWAY_HOST must be 127\.0\.0\.1, ::1 or localhost with --insecure-local/,
    );
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      assert.equal(gatewayConfig({ GATEWAY_HOST: host }, { isLocal: true }).host, host);
    }
    assert.throws(() => gatewayConfig(real, { isLocal: true }), /GATEWAY_KEYS has no effect/);
  });
});

describe('a key', () => {
  it('has 256 random bits, and only its hash is configured', () => {
    const { key, entry: kept } = makeKey({ name: 'crm', account: 'eu', scopes: ['ingest', 'read'] });
    const { keys = [] } = gatewayConfig({ GATEWAY_KEYS: kept });

    assert.match(key, /^cjk_[\w-]{43}$/);
    assert.ok(!kept.includes(key));
    assert.deepEqual(callerOf(`Bearer ${key}`, keys)?.account, 'eu');
    assert.equal(callerOf(`Bearer ${key}x`, keys), undefined);
    assert.equal(callerOf(`Basic ${key}`, keys), undefined);
    assert.equal(callerOf(undefined, keys), undefined);
  });
});

describe('--insecure-local', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await openGateway({ account: 'local', isLocal: true });
  });
  after(() => gateway.close());

  const event = JSON.stringify({ type: 'lead.created', lead_id: 'lead_1', occurred_at: '2016-01-05T00:00:00Z' });

  it('listens on 127.0.0.1 and needs no key', async () => {
    assert.match(gateway.url, /^http:\/\/127\.0\.0\.1:/);
    assert.equal(await statusOf({}), 202);
    assert.equal(await statusOf({ host: 'localhost:8080', origin: 'http://localhost:3000' }), 202);
  });

  const foreign: [what: string, headers: Record<string, string>][] = [
    ['a foreign host, as in DNS rebinding', { host: 'evil.example' }],
    ['a web page from another site', { origin: 'https://evil.example' }],
    ['a web page with a null origin', { origin: 'null' }],
    ['a proxy', { 'x-forwarded-for': '192.0.2.1' }],
    ['a proxy that sends the standard Forwarded header', { forwarded: 'for=192.0.2.1' }],
  ];
  for (const [what, headers] of foreign) {
    it(`refuses ${what}`, async () => {
      assert.equal(await statusOf(headers), 403);
    });
  }

  /** Uses node:http, since fetch does not allow these headers. */
  function statusOf(headers: Record<string, string>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const sending = request(`${gateway.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': event.length, ...headers },
      });
      sending.once('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sending.once('error', reject);
      sending.end(event);
    });
  }
});
