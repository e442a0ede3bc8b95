import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import proto from '@temporalio/proto';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { workerConfig } from '../../src/runtime/config.js';
import { BillingCustomers, Journeys } from '../../src/starter.js';
import { type RunningWorker, startWorker } from '../../src/worker.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { findServerBinary } from '../../tools/temporal-server/binary.js';
import { openGateway } from '../gateway/gateways.js';
import { eventually } from '../support/eventually.js';
import { atOnce, bundle } from '../support/journeys.js';
import { ownNamespace, type TestServer } from '../support/temporal-server.js';
import { endProcesses, type Running, start } from './processes.js';

const leadDate = '2016-01-05T00:00:00Z';
const paidAt = '2016-02-25T00:00:00Z';
const run = promisify(execFile);

describe('versions of a worker deployment', () => {
  let sandbox: Sandbox;
  let server: TestServer;
  let account: string;
  let journeys: Journeys;
  let customers: BillingCustomers;
  const inProcess: RunningWorker[] = [];

  beforeEach(async () => {
    server = await ownNamespace();
    sandbox = await startSandbox(atOnce);
    account = `e2e-${randomUUID().slice(0, 8)}`;
    const options = { client: server.client, account, timeout: '60 seconds' } as const;
    journeys = new Journeys(options);
    customers = new BillingCustomers(options);
  });

  afterEach(async () => {
    await endProcesses();
    for (const worker of inProcess.splice(0)) {
      worker.stop();
      await worker.ended;
    }
    await sandbox.close();
  });

  it('take over running journeys, idle ones and ones in the middle of a step, and bring them to their end', async () => {
    const first = await versioned('1.0.0');
    await first.said('no deployment version is current');
    await setCurrent('1.0.0');
    await journeys.leadCreated('idle', { occurredAt: leadDate });
    await waitingForPayment('idle');
    await journeys.leadCreated('looking', { occurredAt: leadDate });
    await journeys.paymentSucceeded('looking', { occurredAt: paidAt, billingCustomerId: 'cus_looking' });
    await eventually(() => sandbox.requests().some(({ query }) => query.includes('cus_looking')));
    await customers.reported('cus_billed', { link: { leadId: 'billed', rule: 'customer-metadata' }, begins: true });
    await eventually(async () => (await versionsOf(customers.handle('cus_billed'))).at(-1)?.includes('1.0.0'));
    sandbox.fault({ route: 'POST /v1/customers', status: 'timeout' });
    await journeys.leadCreated('requesting', { occurredAt: leadDate });
    await eventually(() => sandbox.requests().some(({ method, status }) => method === 'POST' && status === 0));

    const second = await versioned('2.0.0');
    await second.said('another deployment version receives workflow tasks');
    await temporal('set-ramping-version', '2.0.0', '--percentage', '100');
    await setCurrent('2.0.0');
    first.process.kill('SIGTERM');
    const { exitCode } = await first.ended;

    for (const leadId of ['idle', 'looking', 'billed', 'requesting']) {
      sandbox.ingest({ external_id: `cus_${leadId}`, paid_at: paidAt });
    }
    await journeys.payerHint('looking');
    await journeys.leadCreated('billed', { occurredAt: leadDate });
    await customers.reported('cus_billed', { paidAt });
    for (const leadId of ['idle', 'requesting']) {
      await journeys.paymentSucceeded(leadId, { occurredAt: paidAt, billingCustomerId: `cus_${leadId}` });
    }

    for (const leadId of ['idle', 'looking', 'billed', 'requesting']) {
      assert.equal((await journeys.handle(leadId).result()).outcome, 'proven');
    }
    assert.equal(exitCode, 0);
    assert.equal(sandbox.customers().length, 4);
    for (const leadId of ['idle', 'looking', 'requesting']) {
      assert.deepEqual(await versionsOf(journeys.handle(leadId)), [['1.0.0', '2.0.0'], ['2.0.0']]);
      await replays(journeys.handle(leadId));
    }
    const billing = customers.handle('cus_billed');
    assert.deepEqual(await versionsOf(billing), [['1.0.0', '2.0.0'], ['2.0.0']]);
    await replays(billing);
  });

  it('are rolled back, and no journey is lost', async () => {
    await versioned('1.0.0');
    await setCurrent('1.0.0');
    await journeys.leadCreated('earlier', { occurredAt: leadDate });
    await waitingForPayment('earlier');

    await incompatible('2.0.0');
    await setCurrent('2.0.0');
    await pay('earlier');
    await eventually(() => hasFailedTask('earlier'));
    await journeys.leadCreated('later', { occurredAt: leadDate });
    await eventually(async () => (await versionsOf(journeys.handle('later')))[0]?.includes('2.0.0'));

    await setCurrent('1.0.0');
    const earlier = await journeys.handle('earlier').result();
    await pay('later');
    await eventually(() => hasFailedTask('later'));
    const query = "TemporalUsedWorkerDeploymentVersions = 'customer-journey:2.0.0' AND ExecutionStatus = 'Running'";
    await eventually(async () => (await server.client.workflow.count(query)).count === 1);
    await cli('workflow', 'reset', '--query', query, '--type', 'FirstWorkflowTask', '--reason', 'bad version', '--yes');
    await eventually(async () => (await journeys.summary('later')).status === 'COMPLETED');
    const later = await journeys.handle('later').result();

    assert.deepEqual([earlier.outcome, later.outcome], ['proven', 'proven']);
    assert.deepEqual(await versionsOf(journeys.handle('earlier')), [['1.0.0']]);
    assert.equal(sandbox.customers().length, 2);
  });

  it('take over from workers without a version, and give back to them', async () => {
    const before = await worker({});
    await before.said('worker started');
    await journeys.leadCreated('lead_1', { occurredAt: leadDate });
    await waitingForPayment('lead_1');
    await versioned('1.0.0');
    await setCurrent('1.0.0');
    await journeys.trialStarted('lead_1', { occurredAt: leadDate });
    await eventually(async () => (await versionsOf(journeys.handle('lead_1')))[0]?.includes('1.0.0'));

    const plain = await worker({});
    await plain.said('this worker, without one, is idle');
    await cli(...deployment('set-current-version'), '--unversioned', '--yes');
    await eventually(async () => (await currentVersion()) === undefined);
    await pay('lead_1');

    assert.equal((await journeys.handle('lead_1').result()).outcome, 'proven');
  });

  it('that nobody runs leave the gateway not ready, although workers without a version poll', async () => {
    const { address, namespace } = server;
    const gateway = await openGateway({ account, address, namespace });
    try {
      const plain = await worker({});
      await plain.said('worker started');
      await eventually(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).status === 200);

      const current = await versioned('1.0.0');
      await setCurrent('1.0.0');
      current.process.kill('SIGTERM');
      await current.ended;

      const others = 'and only other workers poll it';
      const reasons = ['customer-journey', `chartmogul/${account}`].map(
        (queue) => `tasks of ${queue} go to version customer-journey.1.0.0, ${others}`,
      );
      await eventually(async () => {
        const answer = await fetch(`${gateway.operationsUrl}/readyz`);
        return isDeepStrictEqual(await answer.json(), { status: 'not ready', reasons });
      });
      await cli(...deployment('set-current-version'), '--unversioned', '--yes');
      await eventually(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).status === 200);
    } finally {
      await gateway.close();
    }
  });

  function worker(settings: Readonly<Record<string, string>>): Promise<Running> {
    return start('src/worker.ts', [], {
      ...server.env,
      ...{ JOURNEY_ACCOUNT: account, CHARTMOGUL_API_KEY: apiKey, CHARTMOGUL_URL: sandbox.url },
      ...{ SHUTDOWN_GRACE: '1 second' },
      ...settings,
    });
  }

  async function versioned(buildId: string): Promise<Running> {
    const started = await worker({ WORKER_BUILD_ID: buildId });
    await started.said('worker started');
    return started;
  }

  /** A worker with a change that needs `patched()` and has none. */
  async function incompatible(buildId: string): Promise<void> {
    const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
    const code = await bundleWorkflowCode({
      workflowsPath: path('./fixtures/incompatible-workflow.ts'),
      payloadConverterPath: path('../../src/workflows/payload-converter.ts'),
      logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    });
    const env = { CHARTMOGUL_API_KEY: apiKey, CHARTMOGUL_URL: sandbox.url, JOURNEY_ACCOUNT: account };
    const config = workerConfig({ ...env, WORKER_BUILD_ID: buildId });
    const { nativeConnection: connection, namespace } = server;
    inProcess.push(await startWorker({ connection, namespace, config, log: pino({ level: 'silent' }), bundle: code }));
  }

  /** The command returns before the queue routes its tasks to the version, and a task may still go elsewhere. */
  async function setCurrent(buildId: string): Promise<void> {
    await temporal('set-current-version', buildId);
    await eventually(async () => (await currentVersion()) === buildId);
  }

  async function currentVersion(): Promise<string | undefined> {
    const { versioningInfo } = await server.client.workflowService.describeTaskQueue({
      namespace: server.namespace,
      taskQueue: { name: workflowTaskQueue },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    });
    return versioningInfo?.currentDeploymentVersion?.buildId ?? undefined;
  }

  /** The server learns of a version from the first poll of its workers. Until then it refuses the command. */
  async function temporal(command: string, buildId: string, ...more: string[]): Promise<void> {
    await eventually(async () => {
      try {
        return await cli(...deployment(command), '--build-id', buildId, '--yes', ...more);
      } catch (error) {
        if (!/not found|missing|pollers/i.test(String(error))) throw error;
        return false;
      }
    });
  }

  function deployment(command: string): string[] {
    return ['worker', 'deployment', command, '--deployment-name', 'customer-journey'];
  }

  async function cli(...args: string[]): Promise<string> {
    const target = ['--address', server.address, '--namespace', server.namespace];
    const { stdout } = await run(await findServerBinary({ download: false }), [...args, ...target]);
    return stdout;
  }

  async function pay(leadId: string): Promise<void> {
    sandbox.ingest({ external_id: `cus_${leadId}`, paid_at: paidAt });
    await journeys.paymentSucceeded(leadId, { occurredAt: paidAt, billingCustomerId: `cus_${leadId}` });
  }

  async function waitingForPayment(leadId: string): Promise<void> {
    await eventually(async () => (await journeys.view(leadId)).doing.startsWith('waiting for the'));
  }

  async function hasFailedTask(leadId: string): Promise<boolean> {
    const { events } = await journeys.handle(leadId).fetchHistory();
    return (events ?? []).some(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes);
  }

  type Handle = ReturnType<Journeys['handle']> | ReturnType<BillingCustomers['handle']>;

  /** The histories of all runs, oldest first. */
  async function historiesOf({ workflowId }: Handle) {
    const runs = [];
    for await (const { runId, startTime } of server.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
      runs.push({ runId, startTime });
    }
    runs.sort((one, other) => one.startTime.getTime() - other.startTime.getTime());
    return Promise.all(runs.map(({ runId }) => server.client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }

  /** The build ids that completed the tasks of each run, in the order of their first task. */
  async function versionsOf(handle: Handle): Promise<string[][]> {
    const histories = await historiesOf(handle);
    return histories.map(({ events }) => [
      ...new Set(
        (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
          completed ? [completed.deploymentVersion?.buildId ?? 'unversioned'] : [],
        ),
      ),
    ]);
  }

  async function replays(handle: Handle): Promise<void> {
    for (const history of await historiesOf(handle)) {
      await Worker.runReplayHistory({ workflowBundle: await bundle() }, history, handle.workflowId);
    }
  }
});
