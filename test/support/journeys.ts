import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { pino } from 'pino';
import {
  apiKey,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../packages/chartmogul-sandbox/src/index.js';
import type { WorkerConfig } from '../../src/runtime/config.js';
import { BillingCustomers, type BillingCustomerView, Journeys, NoWorkerError } from '../../src/starter.js';
import { workflowBundle } from '../../src/temporal/workflow-bundle.js';
import { type RunningWorker, startWorker } from '../../src/worker.js';
import type { JourneyView } from '../../src/workflows/messages.js';
import { type TestServer, testServer } from './temporal-server.js';

/** A sandbox, a worker and an account of their own on the server of the run. */
export interface Stage {
  readonly server: TestServer;
  readonly sandbox: Sandbox;
  readonly journeys: Journeys;
  readonly customers: BillingCustomers;
  readonly account: string;
  readonly config: WorkerConfig;
  worker: RunningWorker;
  /** Requests below /v1/customers, as `POST /v1/customers 201`. */
  requests(): string[];
  close(): Promise<void>;
}

/** Knobs under which nothing waits in real time: reads, not seconds, bring a merge about. */
export const atOnce = { ingestDelayMs: 0, mergeDelayMs: 0, mergeAfterReads: 1 } as const;

export interface StageOptions extends SandboxOptions {
  readonly worker?: Partial<WorkerConfig>;
  readonly histories?: 'short';
}

export async function openStage({ worker: settings, histories, ...knobs }: StageOptions = {}): Promise<Stage> {
  const server = await testServer(histories);
  const sandbox = await startSandbox({ ...atOnce, ...knobs });
  const account = `test-${randomUUID().slice(0, 8)}`;
  const config: WorkerConfig = {
    chartMogul: { apiKey, url: sandbox.url, timeoutMs: 30_000 },
    requestsPerSecond: 40,
    parallelRequests: 6,
    sources: { leads: sandbox.leadsSourceUuid, billing: sandbox.billingSourceUuid },
    account,
    logLevel: 'silent',
    ...settings,
  };
  const stage: Stage = {
    server,
    sandbox,
    account,
    config,
    journeys: new Journeys({ client: server.client, account }),
    customers: new BillingCustomers({ client: server.client, account }),
    worker: await workerOf(config, server),
    requests: () =>
      sandbox
        .requests()
        .filter(({ path }) => path.startsWith('/v1/customers'))
        .map(({ method, path, status }) => `${method} ${path} ${status}`),
    async close() {
      stage.worker.stop();
      await sandbox.close(); // cuts what still hangs, so that the worker need not wait for it
      await stage.worker.ended;
    },
  };
  return stage;
}

/** Opens a stage for one test and closes it afterwards, also if the test fails. */
export function onStage(options: StageOptions, test: (stage: Stage) => Promise<void>): () => Promise<void> {
  return async () => {
    const stage = await openStage(options);
    try {
      await test(stage);
    } finally {
      await stage.close();
    }
  };
}

export async function workerOf(config: WorkerConfig, server: TestServer): Promise<RunningWorker> {
  const { nativeConnection, namespace } = server;
  const log = pino({ level: config.logLevel });
  return startWorker({ connection: nativeConnection, namespace, config, log, bundle: await bundle() });
}

/** Waits until a journey's view is as wanted, by asking it. */
export function until(stage: Stage, leadId: string, isWanted: (view: JourneyView) => boolean): Promise<JourneyView> {
  return untilWanted(() => stage.journeys.view(leadId), isWanted);
}

/** Waits until a billing customer's view is as wanted, by asking it. */
export function untilCustomer(
  stage: Stage,
  billingCustomerId: string,
  isWanted: (view: BillingCustomerView) => boolean,
): Promise<BillingCustomerView> {
  return untilWanted(() => stage.customers.view(billingCustomerId), isWanted);
}

async function untilWanted<View>(ask: () => Promise<View>, isWanted: (view: View) => boolean): Promise<View> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const view = await ask().catch(betweenRuns);
    if (view && isWanted(view)) return view;
    if (Date.now() > deadline) throw new Error(`still not as wanted: ${JSON.stringify(view, undefined, 2)}`);
    await sleep(25);
  }
}

/** In the moment between two runs of a workflow it cannot answer. */
function betweenRuns(error: unknown): undefined {
  if (!(error instanceof NoWorkerError)) throw error;
}

let bundled: Promise<WorkflowBundleOption> | undefined;
/** Once a run: making the bundle takes about a second. */
export function bundle(): Promise<WorkflowBundleOption> {
  bundled ??= workflowBundle();
  return bundled;
}
