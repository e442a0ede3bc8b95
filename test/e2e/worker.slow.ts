import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  apiKey,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../packages/chartmogul-sandbox/src/index.js';
import { version } from '../../src/runtime/program.js';
import { Journeys } from '../../src/starter.js';
import { eventually } from '../support/eventually.js';
import { atOnce } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { customerJourney, type Ended, type Environment, endProcesses, type Running, start } from './processes.js';

const createLead = 'POST /v1/customers';

describe('a worker process', () => {
  before(stopJourneyWorkers);
  let sandbox: Sandbox;

  afterEach(async () => {
    await endProcesses();
    await sandbox?.close();
  });

  /** Whether the request that creates the lead has reached the sandbox. */
  async function isRequesting(): Promise<boolean> {
    return sandbox.requests().some(({ method, path }) => method === 'POST' && path === '/v1/customers');
  }

  it('waits if ChartMogul rejects its key; journeys wait too, with the attention unauthorized', async () => {
    const { env, journeys, worker } = await openWorker({}, (chartMogul) =>
      chartMogul.fault({ route: 'GET /v1/data_sources', status: 401, times: 1_000 }),
    );
    await worker.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    await until(async () => (await journeys.view('lead_1')).attention?.code === 'unauthorized');

    sandbox.reset(atOnce); // from here on, the key is valid
    await worker.said('data sources found');
    const retried = await customerJourney(['retry', '--attention', 'unauthorized', '--yes', '--json'], env);
    await until(async () => (await journeys.view('lead_1')).customerUuid !== undefined);

    assert.deepEqual(JSON.parse(retried.stdout), { attention: 'unauthorized', retried: 1, ended: 0 });
    assert.match(worker.output(), /"level":40.*"kind":"unauthorized".*data sources not found yet/);
    assert.ok(!worker.output().includes(apiKey));
  });

  it('completes a pending request before it stops, so that no request is sent twice', async () => {
    const { journeys, worker } = await openWorker({ latencyMs: 1_000 });
    await worker.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    await until(isRequesting);

    worker.process.kill('SIGTERM');
    const { exitCode, stdout } = await worker.ended;

    assert.equal(exitCode, 0);
    assert.match(stdout, /worker stopped/);
    assert.deepEqual(creations(), [201]);
    assert.deepEqual((await journeys.handle('lead_1').describe()).raw.pendingActivities, []);
  });

  it('aborts a request that exceeds the grace period; the next worker retries it', async () => {
    const { journeys, worker } = await openWorker({}, hangOnce, { SHUTDOWN_GRACE: '1 second' });
    await worker.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    await until(isRequesting);

    worker.process.kill('SIGTERM');
    const { exitCode } = await worker.ended;

    assert.equal(exitCode, 0);
    const [request] = (await journeys.handle('lead_1').describe()).raw.pendingActivities ?? [];
    assert.match(request?.lastFailure?.message ?? '', /interrupted, the worker is stopping/);
  });

  it('stops immediately on a second signal', async () => {
    const { journeys, worker } = await openWorker({}, hangOnce);
    await worker.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    await until(isRequesting);

    worker.process.kill('SIGTERM');
    await worker.said('a second signal ends it at once');
    worker.process.kill('SIGTERM');

    assert.equal((await worker.ended).exitCode, 1);
  });

  it('exits by force if the shutdown takes too long', async () => {
    const { journeys, worker } = await openWorker({}, hangOnce, { SHUTDOWN_FORCE: '500 ms' });
    await worker.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    await until(isRequesting);

    worker.process.kill('SIGTERM');
    const { exitCode, stdout } = await worker.ended;

    assert.equal(exitCode, 1);
    assert.match(stdout, /worker ended by force/);
  });

  it('may be killed while a merge is unconfirmed; the next worker completes the journey', async () => {
    const { journeys, worker, another } = await openWorker({ mergeAfterReads: 2 });
    sandbox.ingest({ external_id: 'cus_1', paid_at: '2016-02-25T00:00:00Z' });
    await worker.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
    await journeys.paymentSucceeded('lead_1', { occurredAt: '2016-02-25T00:00:00Z', billingCustomerId: 'cus_1' });
    await until(async () =>
      sandbox.requests().some(({ method, path }) => method === 'POST' && path.endsWith('/merges')),
    );

    worker.process.kill('SIGKILL');
    const { signal } = await worker.ended;
    const isUnconfirmed = (await journeys.summary('lead_1')).status === 'RUNNING';
    await (await another()).said('worker started');
    const result = await journeys.handle('lead_1').result();

    assert.equal(signal, 'SIGKILL');
    assert.ok(isUnconfirmed);
    assert.equal(result.outcome, 'proven');
    assert.equal(sandbox.customers().length, 1);
  });

  it('names its version and ChartMogul at the start, and another worker with another request rate', async () => {
    const { worker, another } = await openWorker({});
    await worker.said('worker started');

    const slower = await another({ CHARTMOGUL_REQUESTS_PER_SECOND: '5', WORKER_BUILD_ID: 'build-1' });
    await slower.said('set CHARTMOGUL_REQUESTS_PER_SECOND to the same value everywhere');

    assert.match(
      worker.output(),
      new RegExp(`"version":"${version}".*"chartMogulUrl":"${sandbox.url}/".*worker started`),
    );
    assert.match(worker.output(), /"serverVersion":"1\.\d+\.\d+","msg":"connected to Temporal"/);
    assert.match(slower.output(), /"deploymentName":"customer-journey","buildId":"build-1".*worker started/);
    const identity = `${worker.process.pid}@[^"]+`;
    assert.match(slower.output(), new RegExp(`"others":\\[{"identity":"${identity}","requestsPerSecond":36}\\]`));
    assert.match(slower.output(), /"level":40.*"command":"temporal worker deployment set-current-version .*is idle/);
  });

  /** Starts a sandbox and a worker with a new account. */
  async function openWorker(
    knobs: SandboxOptions,
    prepare: (chartMogul: Sandbox) => void = () => undefined,
    settings: Environment = {},
  ) {
    const { env: temporal, client } = await testServer();
    sandbox = await startSandbox({ ...atOnce, ...knobs });
    prepare(sandbox);
    const account = `e2e-${randomUUID().slice(0, 8)}`;
    const env = { ...temporal, JOURNEY_ACCOUNT: account };
    const chartMogul = { CHARTMOGUL_API_KEY: apiKey, CHARTMOGUL_URL: sandbox.url };
    const another = (more: Environment = {}): Promise<Running> =>
      start('src/worker.ts', [], { ...env, ...chartMogul, ...settings, ...more });
    return {
      env,
      journeys: new Journeys({ client, account, attemptTimeout: '2 seconds' }),
      worker: await another(),
      another,
    };
  }

  function creations(): number[] {
    const isCreation = ({ method, path }: { method: string; path: string }) => `${method} ${path}` === createLead;
    return sandbox
      .requests()
      .filter(isCreation)
      .map(({ status }) => status);
  }
});

describe('a worker that cannot start', () => {
  const secret = 'key-of-a-customer';
  const ends = new Map<string, Ended>();

  before(async () => {
    const { env: temporal } = await testServer();
    const sandbox = await startSandbox();
    const usable = { ...temporal, CHARTMOGUL_API_KEY: apiKey, CHARTMOGUL_URL: sandbox.url };
    const run = async (name: string, env: Environment) =>
      ends.set(name, await (await start('src/worker.ts', [], env)).ended);
    await Promise.all([
      run('configuration', { CHARTMOGUL_API_KEY: `${secret} ü`, CHARTMOGUL_TIMEOUT: '30', JOURNEY_ACCOUNT: 'A' }),
      run('temporal', { ...usable, TEMPORAL_ADDRESS: '127.0.0.1:1' }),
      run('namespace', { ...usable, TEMPORAL_NAMESPACE: 'nowhere' }),
      run('source', { ...usable, BILLING_SOURCE: 'Paddle' }),
    ]);
    await sandbox.close();
  });

  after(endProcesses);

  it('lists every problem of its configuration, without the key', () => {
    const { exitCode, stderr, stdout } = endOf('configuration');

    assert.equal(exitCode, 78);
    assert.match(stderr, /CHARTMOGUL_API_KEY has characters that no API key has/);
    assert.match(stderr, /CHARTMOGUL_TIMEOUT must be a duration with a unit/);
    assert.match(stderr, /JOURNEY_ACCOUNT must be/);
    assert.ok(!`${stdout}${stderr}`.includes(secret));
  });

  it('reports in one line that Temporal cannot be reached', () => {
    const { exitCode, stderr } = endOf('temporal');

    assert.equal(exitCode, 75);
    assert.match(stderr, /^Temporal cannot be reached at 127\.0\.0\.1:1 .*\n$/);
  });

  it('reports in one line that the namespace does not exist', () => {
    const { exitCode, stderr } = endOf('namespace');

    assert.equal(exitCode, 78);
    assert.match(stderr, /^Temporal at .* has no namespace nowhere; see TEMPORAL_NAMESPACE\.\n$/);
  });

  it('lists the data sources if the billing source does not exist', () => {
    const { exitCode, stderr } = endOf('source');

    assert.equal(exitCode, 78);
    assert.match(stderr, /^ChartMogul has no data source Paddle\. The account has: Leads .*Stripe .*\n$/);
  });

  function endOf(name: string): Ended {
    const end = ends.get(name);
    assert.ok(end);
    return end;
  }
});

/** The next request to create a lead gets no response. */
function hangOnce(chartMogul: Sandbox): void {
  chartMogul.fault({ route: createLead, status: 'timeout' });
}

/** Polls without a delay: each poll is a round trip to another process. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  await eventually(isSo);
}
