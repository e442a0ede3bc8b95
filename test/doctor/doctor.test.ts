import assert from 'node:assert/strict';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { run } from '../cli/terminal-stand-in.js';
import { eventually } from '../support/eventually.js';
import { stripeApiKey } from '../support/fake-stripe.js';
import { until } from '../support/journeys.js';
import { stripeTestSecret } from '../support/stripe.js';
import { goodEndpoint, type Healthy, occurredAt, openHealthy } from './healthy.js';
import { withSilentServer } from './silent.js';

describe('customer-journey doctor', () => {
  let healthy: Healthy;
  before(async () => {
    healthy = await openHealthy();
  });
  after(() => healthy.close());

  it('finds everything to be well, exits with 0, and changes nothing', async () => {
    const { stage, stripe } = healthy;
    const records = stage.sandbox.customers();
    const requests = stage.sandbox.requests().length;

    const { findings, exitCode, stdout } = await healthy.doctor();

    assert.deepEqual(
      findings.filter(({ level }) => level !== 'ok'),
      [],
    );
    assert.equal(exitCode, 0);
    assert.equal(JSON.parse(stdout).isHealthy, true);
    const checks = new Set(findings.map(({ check }) => check));
    assert.equal(checks.size, 28);
    assert.deepEqual(stage.sandbox.customers(), records);
    const writes = stage.sandbox
      .requests()
      .slice(requests)
      .filter(({ method }) => method !== 'GET');
    assert.deepEqual(
      writes.map(({ method, path, status }) => `${method} ${path} ${status}`),
      ['PATCH /v1/customers/cus_00000000-0000-0000-0000-000000000000 404'],
    );
    assert.ok(stripe.requests.length > 0);
  });

  it('prints its findings by group, each problem with what to do, and in colours only on a terminal', async () => {
    const env = { ...healthy.env, CHARTMOGUL_API_KEY: '', STRIPE_API_KEY: '' };
    const args = ['doctor', '--gateway', healthy.gateway.operationsUrl];

    const piped = await run(args, { env });
    const shown = await run(args, { env: { ...env, TERM: 'xterm' }, isTTY: true });

    assert.equal(piped.exitCode, 1);
    assert.match(
      piped.stdout,
      /^Environment\n {2}failure {2}CHARTMOGUL_API_KEY is missing\n {11}→ create a key .*\n\nTemporal\n {2}ok {7}/,
    );
    assert.match(
      piped.stdout,
      /\n\nChartMogul\n {2}skipped {2}ChartMogul: not looked at, as the settings of the worker/,
    );
    assert.match(piped.stdout, /\n\n\d+ ok, 0 warnings, 1 failure, 3 skipped\n$/);
    assert.equal(shown.stdout.includes('\u001b[31mfailure'), true);
  });

  it('shows no secret and no person', async () => {
    const [hash = ''] = /[0-9a-f]{64}/.exec(healthy.env.GATEWAY_KEYS ?? '') ?? [];
    const secrets = [apiKey, stripeApiKey, stripeTestSecret, hash, ...Object.values(healthy.gateway.keys)];
    const people = ['Adam', 'Smith', 'adam@smith.example', 'lead_adam', 'cus_adam'];
    const broken = { CHARTMOGUL_TIMEOUT: '30', TEMPORAL_TLS: 'true', TEMPORAL_API_KEY: 'an-api-key' };

    const said = [await healthy.doctor(), await healthy.doctor(broken), await run(['doctor'], { env: healthy.env })];

    for (const { stdout, stderr } of said) {
      for (const hidden of [...secrets, 'an-api-key', ...people]) {
        assert.equal((stdout + stderr).includes(hidden), false, `shows ${hidden}`);
      }
    }
  });

  it('answers although ChartMogul never does', async () => {
    const { CHARTMOGUL_API_KEY, TEMPORAL_ADDRESS } = healthy.env;
    await withSilentServer(async (url) => {
      const env = { CHARTMOGUL_API_KEY, TEMPORAL_ADDRESS, CHARTMOGUL_URL: url, CHARTMOGUL_TIMEOUT: '1 second' };

      const { exitCode, stdout } = await run(['doctor', '--json'], { env });

      assert.equal(exitCode, 1);
      assert.match(stdout, /"check":"chartmogul\.key","level":"failure","text":"ChartMogul does not answer"/);
    });
  });

  it('tries again if the workers use up the rate of ChartMogul', async () => {
    healthy.stage.sandbox.fault({ route: 'GET /v1/account', status: 429, times: 2 });

    const { exitCode, findings } = await healthy.doctor();

    assert.equal(exitCode, 0, JSON.stringify(findings));
  });

  it("does not mind Stripe's disabled endpoint beside one that replaced it", async () => {
    healthy.stripe.endpoints.push({ ...goodEndpoint, id: 'we_2', status: 'disabled' });
    try {
      const { exitCode, findings } = await healthy.doctor();

      assert.equal(exitCode, 0, JSON.stringify(findings));
    } finally {
      healthy.stripe.endpoints.pop();
    }
  });

  it('sees no automatic merges if leads and customers share a source', async () => {
    const { stage } = healthy;
    await stage.journeys.leadCreated('lead_waiting', { occurredAt });
    await until(stage, 'lead_waiting', ({ stage }) => stage === 'lead');
    await eventually(() => stage.sandbox.customers().some(({ external_id: id }) => id === 'lead_waiting'));

    const { findings } = await healthy.doctor({ BILLING_SOURCE: 'Leads' });

    const merges = findings.filter(({ check }) => check === 'data.automatic-merges');
    assert.deepEqual(
      merges.map(({ level }) => level),
      ['skipped'],
    );
  });

  it('refuses a gateway that is no URL', async () => {
    const { exitCode, stderr } = await run(['doctor', '--gateway', 'localhost:9464'], { env: healthy.env });

    assert.deepEqual([exitCode, stderr], [2, '--gateway must be a URL, for example http://127.0.0.1:9464.\n']);
  });
});
