import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { makeKey } from '../../src/gateway/access.js';
import { CredentialRefusedError, connectJourneys, TemporalUnavailableError } from '../../src/journeys/index.js';
import { customerJourney, type Environment, endProcesses, type Running, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { type SecureProxy, startSecureProxy } from '../support/secure-proxy.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';

describe('an API key of Temporal that expires', () => {
  before(stopJourneyWorkers);
  let proxy: SecureProxy;
  let sandbox: Sandbox;
  let folder: string;
  let valid: string;
  let env: Environment;
  const keyFile = () => join(folder, 'temporal-api-key');

  beforeEach(async () => {
    const { address, namespace } = await testServer();
    folder = await mkdtemp(join(tmpdir(), 'journey-key-'));
    valid = 'first';
    proxy = await startSecureProxy({ address, isAllowed: (authorization) => authorization === `Bearer ${valid}` });
    sandbox = await startSandbox();
    await writeFile(keyFile(), 'first\n');
    env = {
      TEMPORAL_ADDRESS: proxy.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TLS: 'false',
      TEMPORAL_API_KEY_FILE: keyFile(),
      JOURNEY_ACCOUNT: `key-${randomUUID().slice(0, 8)}`,
      CHARTMOGUL_API_KEY: apiKey,
      CHARTMOGUL_URL: sandbox.url,
      SHUTDOWN_FORCE: '1 second',
    };
  });

  afterEach(async () => {
    await endProcesses();
    await proxy.close();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes the gateway answer 503 until its file has a new one, which the running worker uses too', async () => {
    const [gateway] = await Promise.all([startGateway(), startWorker()]);
    const before = await gateway.report('lead_1');

    expire();
    const expired = await gateway.report('lead_2');
    const unready = await eventually(async () => {
      const answer = await fetch(`${gateway.operationsUrl}/readyz`);
      return answer.status === 503 && (await answer.text());
    });
    await writeFile(keyFile(), 'second\n');
    await eventually(async () => (await gateway.report('lead_3')).status === 202);
    await eventually(() => sandbox.customers().some((customer) => customer.external_id === 'lead_3'));

    assert.equal(before.status, 202);
    assert.equal(expired.status, 503);
    assert.equal(expired.headers.get('retry-after'), '5');
    assert.match(await expired.text(), /"type":"urn:customer-journey:problem:temporal-unavailable"/);
    assert.match(unready, /Temporal rejects the credentials of this gateway/);
    assert.match(
      gateway.output(),
      /"problem":"temporal-unavailable","reason":"Temporal refuses this call \(PERMISSION_DENIED: Request unauthorized\)/,
    );
  });

  it('ends the worker with the reason, so that it is started again', async () => {
    const worker = await startWorker();

    expire();
    const { exitCode, stderr } = await worker.ended;

    assert.equal(exitCode, 75);
    assert.match(stderr, /^The worker ended, since Temporal refused its polls \(Request unauthorized\)\. Temporal at /);
    assert.match(stderr, /refuses the API key in TEMPORAL_API_KEY_FILE \(.*\).*PERMISSION_DENIED/);
    assert.doesNotMatch(stderr, /still in use/);
  }).timeout(300_000); // The SDK retries refused polls for a minute.

  it('is named by the command line, which may be repeated if the key is in a file', async () => {
    expire();

    const { TEMPORAL_API_KEY_FILE: _, ...withoutFile } = env;
    const [ofFile, ofVariable, none] = await Promise.all([
      customerJourney(['list'], env),
      customerJourney(['list'], { ...withoutFile, TEMPORAL_API_KEY: tokenOf({ exp: 1_454_284_800 }) }),
      customerJourney(['list'], withoutFile),
    ]);

    assert.equal(ofFile.exitCode, 75);
    assert.match(
      ofFile.stderr,
      /refuses the API key in TEMPORAL_API_KEY_FILE \(.*temporal-api-key\) for the namespace/,
    );
    assert.equal(ofVariable.exitCode, 78);
    assert.match(
      ofVariable.stderr,
      /refuses the API key in TEMPORAL_API_KEY .*: it expired at 2016-02-01T00:00:00.000Z/,
    );
    assert.equal(none.exitCode, 78);
    assert.match(none.stderr, /requires a credential .* none is set .*; set TEMPORAL_API_KEY or TEMPORAL_API_KEY_FILE/);
  });

  it('is an error of its own for applications, and a new key in the file is used by the next call', async () => {
    const journeys = await connectJourneys(env);

    expire();
    const refused = await journeys
      .leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' })
      .catch((error) => error);
    await writeFile(keyFile(), 'second\n');
    const report = await eventually(() =>
      journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' }).catch(() => false as const),
    );

    assert.ok(refused instanceof CredentialRefusedError);
    assert.ok(report);
    await journeys.client.connection.close();
  });

  it('must be in its file, alone', async () => {
    for (const [content, said] of [
      ['', /does not contain one API key/],
      ['two words', /does not contain one API key/],
    ] as const) {
      await writeFile(keyFile(), content);
      await assert.rejects(connectJourneys(env), said);
    }
    await rm(keyFile());
    await assert.rejects(connectJourneys(env), /TEMPORAL_API_KEY_FILE \(.*\) cannot be read \(ENOENT\)/);
    await assert.rejects(
      connectJourneys({ ...env, TEMPORAL_API_KEY: 'other' }),
      (error: Error) => !(error instanceof TemporalUnavailableError) && /not both/.test(error.message),
    );
  });

  /** From now on, the server accepts only the second key. */
  function expire(): void {
    valid = 'second';
    proxy.cut();
  }

  async function startWorker(): Promise<Running> {
    const worker = await start('src/worker.ts', [], env);
    await worker.said('worker started');
    return worker;
  }

  async function startGateway() {
    const { key, entry } = makeKey({ name: 'test', account: String(env.JOURNEY_ACCOUNT), scopes: ['ingest'] });
    const ports = { GATEWAY_PORT: '0', GATEWAY_OPERATIONS_PORT: '0' };
    const gateway = await start('src/starter.ts', ['gateway'], { ...env, GATEWAY_KEYS: entry, ...ports });
    await gateway.said('"gateway started"');
    const [, url = '', operationsUrl = ''] = /"url":"([^"]+)","operationsUrl":"([^"]+)"/.exec(gateway.output()) ?? [];
    const report = (leadId: string) =>
      fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'lead.created', lead_id: leadId, occurred_at: '2016-01-05T00:00:00Z' }),
      });
    return { ...gateway, operationsUrl, report };
  }
});

/** A token, unsigned. */
function tokenOf(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}
