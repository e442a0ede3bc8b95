import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { Audits } from '../../src/journeys/audits.js';
import { auditSchedule } from '../../src/journeys/workflow-schedule.js';
import { Journeys } from '../../src/starter.js';
import { taskQueueState } from '../../src/temporal/task-queues.js';
import { chartMogulTaskQueue } from '../../src/workflows/messages.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { openWire } from '../../tools/drill/wire.js';
import { startServer } from '../../tools/temporal-server/server.js';
import { openGateway } from '../gateway/gateways.js';
import { eventually } from '../support/eventually.js';
import { atOnce, patience } from '../support/journeys.js';
import { ownNamespace, type TestServer } from '../support/temporal-server.js';
import { type Environment, endProcesses, type Running, start } from './processes.js';

const leadDate = '2016-01-05T00:00:00Z';
const paidAt = '2016-02-25T00:00:00Z';
const sourcesUnknown = "ChartMogul's data sources are not known yet";
const ready = { status: 200, body: { status: 'ready' } };
const healthy = { status: 200, body: { status: 'ok' } };

describe("the worker's operations port", () => {
  let sandbox: Sandbox;
  let server: TestServer;
  let account: string;
  let journeys: Journeys;

  beforeEach(async () => {
    server = await ownNamespace();
    sandbox = await startSandbox(atOnce);
    account = `e2e-${randomUUID().slice(0, 8)}`;
    journeys = new Journeys({ client: server.client, account, attemptTimeout: '2 seconds', timeout: patience });
  });

  afterEach(async () => {
    await endProcesses();
    await sandbox.close();
  });

  it('answers while the worker starts, and says that ChartMogul is away until it answers', async () => {
    sandbox.fault({ route: 'GET /v1/data_sources', status: 502, times: 1_000 });
    let letPass: (value: undefined) => void = () => undefined;
    const passing = new Promise<undefined>((settle) => {
      letPass = settle;
    });
    const wire = await openWire({ upstream: sandbox.url, onRequest: () => passing });
    try {
      const worker = await shownWorker({ CHARTMOGUL_URL: wire.url, CHARTMOGUL_TIMEOUT: patience });
      const whileStarting = await Promise.all([probe(worker, 'healthz'), probe(worker, 'readyz')]);

      letPass(undefined);
      await untilReasons(worker, [`${sourcesUnknown}: ChartMogul does not answer (502)`]);
      const whileAway = await probe(worker, 'healthz');
      sandbox.reset(atOnce);
      await untilReady(worker);

      const reasons = ['the worker is starting', sourcesUnknown];
      assert.deepEqual(whileStarting, [healthy, { status: 503, body: { status: 'not ready', reasons } }]);
      assert.deepEqual(whileAway, healthy);
    } finally {
      await wire.close();
    }
  });

  it('says that the key is revoked, until a request succeeds', async () => {
    const worker = await shownWorker();
    await untilReady(worker);
    sandbox.fault({ route: 'POST /v1/customers', status: 401, times: 1_000 });
    await journeys.leadCreated('lead_1', { occurredAt: leadDate });

    await untilReasons(worker, ['ChartMogul rejects the API key (401)']);
    const health = await probe(worker, 'healthz');
    sandbox.reset(atOnce);
    await eventually(async () => (await journeys.view('lead_1')).attention?.code === 'unauthorized');
    await journeys.retry('lead_1');
    await untilReady(worker);

    assert.deepEqual(health, healthy);
  });

  it('says that Temporal is away, until it is back', async () => {
    const options = { ui: false, searchAttributes: searchAttributeKeys };
    const temporal = await startServer({ ...options, port: 0 });
    const { address } = temporal;
    try {
      const worker = await shownWorker({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' });
      await untilReady(worker);

      await temporal.stop();
      await untilReasons(worker, ['Temporal does not respond']);
      const health = await probe(worker, 'healthz');
      const metrics = await metricsOf(worker);
      const back = await startServer({ ...options, port: Number(address.split(':')[1]) });
      try {
        await untilReady(worker);
      } finally {
        await back.stop();
      }

      assert.deepEqual(health, healthy);
      assert.match(metrics, /^customer_journey_ready\{.*\} 0$/m);
    } finally {
      await temporal.stop();
    }
  });

  it('says that the worker is stopping, and that it is healthy meanwhile', async () => {
    const worker = await shownWorker({ SHUTDOWN_GRACE: '3 seconds' });
    await untilReady(worker);
    sandbox.fault({ route: 'POST /v1/customers', status: 'timeout' });
    await journeys.leadCreated('lead_1', { occurredAt: leadDate });
    await eventually(() => sandbox.requests().some(({ method, path }) => `${method} ${path}` === 'POST /v1/customers'));

    worker.process.kill('SIGTERM');
    await worker.said('worker is stopping');
    const answers = await Promise.all([probe(worker, 'readyz'), probe(worker, 'healthz')]);
    const { exitCode } = await worker.ended;

    const body = { status: 'not ready', reasons: ['the worker is stopping'] };
    assert.deepEqual(answers, [{ status: 503, body }, healthy]);
    assert.equal(exitCode, 0);
    await assert.rejects(probe(worker, 'healthz'));
  });

  it('does not answer while the event loop is blocked, and shows for how long it was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'blocked-'));
    const unblock = join(folder, 'unblock');
    const preload = pathToFileURL(resolve('test/e2e/fixtures/blockable.mjs')).href;
    try {
      const worker = await shownWorker({ UNBLOCK_FILE: unblock, NODE_OPTIONS: `--import ${preload}` });
      await untilReady(worker);
      await metricsOf(worker); // the longest lag is that since the last scrape

      worker.process.kill('SIGUSR2');
      await worker.said('event loop blocked');
      const unanswered = fetch(`${worker.url}/healthz`, { signal: AbortSignal.timeout(1_000) });
      await assert.rejects(unanswered, { name: 'TimeoutError' });
      writeFileSync(unblock, '');
      await eventually(async () => isDeepStrictEqual(await probe(worker, 'healthz'), healthy));

      const [, lag] = /^nodejs_eventloop_lag_max_seconds\{.*\} (.+)$/m.exec(await metricsOf(worker)) ?? [];
      assert.ok(Number(lag) > 0.9, `a lag of ${lag} s`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends the worker with a clear message if the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as { port: number };
    try {
      const worker = await startWorker({ WORKER_OPERATIONS_PORT: String(port) });
      const { exitCode, stderr } = await worker.ended;

      assert.equal(exitCode, 78);
      assert.equal(
        stderr,
        `127.0.0.1:${port} is already in use; ` +
          'see WORKER_OPERATIONS_PORT (0 chooses a free port) and WORKER_OPERATIONS_HOST.\n',
      );
    } finally {
      other.close();
    }
  });

  it('shows the journeys on one worker of the account', async () => {
    const workers = await Promise.all([shownWorker(), shownWorker()]);
    const queue = { name: chartMogulTaskQueue(account), kind: 'activity' } as const;
    const { connection, namespace } = server;
    await eventually(async () => (await taskQueueState(connection, namespace, queue)).pollers.length === 2);
    await journeys.leadCreated('lead_1', { occurredAt: leadDate });
    await eventually(async () => (await journeys.count({ stage: 'lead' })) === 1);

    const metrics = await Promise.all(workers.map(metricsOf));

    const shown = metrics.map((text) => /^customer_journey_journeys\{stage="lead",.*\} 1$/m.test(text));
    assert.deepEqual(shown.sort(), [false, true]);
  });

  it('and that of the gateway have the metrics that docs/operations.md lists, and no other ones of ours', async () => {
    const worker = await shownWorker();
    await untilReady(worker);
    const gateway = await openGateway({ account, address: server.address, namespace: server.namespace });
    const schedule = auditSchedule(server.client, account);
    try {
      await schedule.set('1 day');
      sandbox.fault({ route: 'POST /v1/customers', status: 422 });
      await journeys.leadCreated('refused', { occurredAt: leadDate });
      await eventually(async () => (await journeys.count({ attention: 'refused' })) === 1);
      sandbox.ingest({ external_id: 'cus_1', paid_at: paidAt });
      await journeys.leadCreated('lead_1', { occurredAt: leadDate });
      await journeys.paymentSucceeded('lead_1', { occurredAt: paidAt, billingCustomerId: 'cus_1' });
      await journeys.handle('lead_1').result();
      await eventually(async () => (await journeys.count({ stage: 'proven', includeClosed: true })) === 1);
      const audits = new Audits({ client: server.client, account, timeout: patience });
      await audits.follow(await audits.start());
      await eventually(async () => (await audits.last()).last !== undefined);

      const metrics = await metricsOf(worker);
      const ofGateway = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();

      assert.deepEqual(ownSeries(metrics), documentedSeries('The worker'));
      assert.deepEqual(ownSeries(ofGateway), documentedSeries('The gateway'));
      for (const name of ownSeries(metrics)) assert.match(metrics, new RegExp(`^${name}(_count)?[{ ]`, 'm'));
      for (const name of documentedSeries('Others')) assert.match(metrics, new RegExp(`^# TYPE ${name} `, 'm'));
      for (const sample of expectedSamples) assert.match(metrics, sample);
    } finally {
      await schedule.remove();
      await gateway.close();
    }
  });

  interface ShownWorker extends Running {
    readonly url: string;
  }

  async function shownWorker(settings: Environment = {}): Promise<ShownWorker> {
    const worker = await startWorker(settings);
    await worker.said('operationsUrl');
    const [, url = ''] = /"operationsUrl":"([^"]+)"/.exec(worker.output()) ?? [];
    return { ...worker, url };
  }

  function startWorker(settings: Environment): Promise<Running> {
    const chartMogul = { CHARTMOGUL_API_KEY: apiKey, CHARTMOGUL_URL: sandbox.url, CHARTMOGUL_TIMEOUT: '2 seconds' };
    return start('src/worker.ts', [], { ...server.env, JOURNEY_ACCOUNT: account, ...chartMogul, ...settings });
  }

  async function probe({ url }: { readonly url: string }, name: 'healthz' | 'readyz') {
    const answer = await fetch(`${url}/${name}`);
    return { status: answer.status, body: await answer.json() };
  }

  async function metricsOf({ url }: { readonly url: string }): Promise<string> {
    const answer = await fetch(`${url}/metrics`);
    return answer.text();
  }

  function untilReady(worker: ShownWorker): Promise<unknown> {
    return eventually(async () => isDeepStrictEqual(await probe(worker, 'readyz'), ready));
  }

  function untilReasons(worker: ShownWorker, reasons: readonly string[]): Promise<unknown> {
    const wanted = { status: 503, body: { status: 'not ready', reasons } };
    return eventually(async () => isDeepStrictEqual(await probe(worker, 'readyz'), wanted));
  }
});

/** Of a worker that took one lead to proven, while another one needs attention. */
const expectedSamples = [
  /^customer_journey_ready\{.*\} 1$/m,
  /^customer_journey_chartmogul_request_duration_seconds_count\{.*operation="mergeCustomers",outcome="ok"\} 1$/m,
  /^customer_journey_chartmogul_request_duration_seconds_count\{.*operation="createCustomer",outcome="refused"\} 1$/m,
  /^customer_journey_payer_lookups_count\{.*\} 1$/m,
  /^customer_journey_payment_to_proven_seconds_count\{.*\} 1$/m,
  /^customer_journey_journeys\{stage="lead",.*\} 1$/m,
  /^customer_journey_attention_journeys\{attention="refused",.*\} 1$/m,
  /^customer_journey_attention_oldest_age_seconds\{attention="refused",.*\} \d/m,
  /^customer_journey_audit_differences\{class="attention",.*\} 1$/m,
  /^customer_journey_audit_differences\{class="missing",.*\} 0$/m,
  /^customer_journey_audit_differences_left\{.*\} 1$/m,
  /^customer_journey_audit_timestamp_seconds\{account="e2e-.*\} \d{10}$/m,
  /^customer_journey_audit_interval_seconds\{.*\} 86400$/m,
  /^temporal_workflow_completed_total\{.*workflow_type="customerJourney"\} 1$/m,
];

/** The names of the metrics of this project in a scrape. */
function ownSeries(metrics: string): string[] {
  return [...metrics.matchAll(/^# TYPE (customer_journey_\w+) /gm)].map(([, name = '']) => name).sort();
}

/** The names in the first column of a table in docs/operations.md. */
function documentedSeries(heading: string): string[] {
  const page = readFileSync(resolve('docs/operations.md'), 'utf8');
  const [, section = ''] = page.split(`#### ${heading}\n`);
  const [table = ''] = section.split('\n#');
  return [...table.matchAll(/^\| `(\w+)/gm)].map(([, name = '']) => name).sort();
}
