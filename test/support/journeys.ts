import { randomUUID } from 'node:crypto';
import {
  apiKey,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import type { WorkerConfig } from '../../src/runtime/config.js';
import {
  BillingCustomers,
  type BillingCustomerView,
  JourneyNotFoundError,
  Journeys,
  NoWorkerError,
} from '../../src/starter.js';
import type { JourneyView } from '../../src/workflows/messages.js';
import { eventually } from './eventually.js';
import type { ServerKind } from './shared.js';
import { ownNamespace, type TestServer, testServer } from './temporal-server.js';
import { type StageWorker, workerOf } from './workers.js';

export { bundle, workerOf } from './workers.js';

/** A sandbox, a worker and a new account, on the test run's server. */
export interface Stage {
  readonly server: TestServer;
  readonly sandbox: Sandbox;
  readonly journeys: Journeys;
  readonly customers: BillingCustomers;
  readonly account: string;
  readonly config: WorkerConfig;
  /** The environment that connects commands to the server and the account. */
  readonly env: Readonly<Record<string, string>>;
  worker: StageWorker;
  /** Requests below /v1/customers, as `POST /v1/customers 201`. */
  requests(): string[];
  close(): Promise<void>;
}

/** Sandbox knobs without delays: a merge takes effect after reads, not after seconds. */
export const atOnce = { ingestDelayMs: 0, mergeDelayMs: 0, mergeAfterReads: 1 } as const;

export interface StageOptions extends SandboxOptions {
  readonly worker?: Partial<WorkerConfig>;
  readonly serverKind?: ServerKind;
  /** `own` uses a separate namespace. Default: the namespace of the test process. */
  readonly namespace?: 'own';
  /** Default: the server of `serverKind`. */
  readonly server?: TestServer;
  /** Names of further billing sources, by alias. */
  readonly furtherBilling?: Readonly<Record<string, string>>;
}

export async function openStage({
  worker: settings,
  serverKind,
  namespace,
  server: given,
  furtherBilling,
  ...knobs
}: StageOptions = {}): Promise<Stage> {
  const server = given ?? (namespace === 'own' ? await ownNamespace() : await testServer(serverKind));
  const sandbox = await startSandbox({ ...atOnce, ...knobs });
  const chartMogul = new ChartMogulClient({ apiKey, url: sandbox.url, timeoutMs: 30_000 });
  for (const name of Object.values(furtherBilling ?? {})) await chartMogul.createDataSource(name);
  const account = `test-${randomUUID().slice(0, 8)}`;
  const config: WorkerConfig = {
    chartMogul: { apiKey, url: sandbox.url, timeoutMs: 30_000 },
    // Below the sandbox's limit of 40, because a lookup with a 429 response waits for a minute.
    requestsPerSecond: 30,
    parallelRequests: 6,
    sources: {
      leads: sandbox.leadsSourceUuid,
      billing: sandbox.billingSourceUuid,
      ...(furtherBilling && { furtherBilling }),
    },
    account,
    logLevel: 'silent',
    ...settings,
  };
  const stage: Stage = {
    server,
    sandbox,
    account,
    config,
    env: { ...server.env, JOURNEY_ACCOUNT: account },
    journeys: new Journeys({ client: server.client, account, timeout: patience }),
    customers: new BillingCustomers({ client: server.client, account, timeout: patience }),
    worker: await workerOf(config, server),
    requests: () =>
      sandbox
        .requests()
        .filter(({ path }) => path.startsWith('/v1/customers'))
        .map(({ method, path, status }) => `${method} ${path} ${status}`),
    async close() {
      if (namespace === 'own') stage.worker.stop();
      else stage.worker.release();
      await sandbox.close(); // closes pending connections, so that the worker does not wait for them
      await stage.worker.ended;
    },
  };
  return stage;
}

/** The timeout of calls in tests: a busy machine may take long, and only a hang must end. */
export const patience = '1 minute';

/** Also stages that are still opening: a test may time out meanwhile. */
const leftOpen = new Set<Promise<Stage>>();

/** Opens a stage for one test and closes it afterwards, also if the test fails. */
export function onStage(options: StageOptions, test: (stage: Stage) => Promise<void>): () => Promise<void> {
  return async () => {
    const opening = openStage(options);
    leftOpen.add(opening);
    try {
      const stage = await opening;
      if (leftOpen.has(opening)) await test(stage);
    } finally {
      if (leftOpen.delete(opening)) await closeOpened(opening);
    }
  };
}

/** Closes the stages of tests that timed out. */
export async function closeLeftStages(): Promise<void> {
  for (const opening of leftOpen) {
    leftOpen.delete(opening);
    await closeOpened(opening);
  }
}

async function closeOpened(opening: Promise<Stage>): Promise<void> {
  const stage = await opening.catch(() => undefined); // the test reports why it did not open
  await stage?.close();
}

/** Polls a journey until its view is as expected. */
export function until(stage: Stage, leadId: string, isWanted: (view: JourneyView) => boolean): Promise<JourneyView> {
  return untilWanted(() => stage.journeys.view(leadId), isWanted);
}

/** Polls a billing customer until its view is as expected. */
export function untilCustomer(
  stage: Stage,
  billingCustomerId: string,
  isWanted: (view: BillingCustomerView) => boolean,
): Promise<BillingCustomerView> {
  return untilWanted(() => stage.customers.view(billingCustomerId), isWanted);
}

async function untilWanted<View>(ask: () => Promise<View>, isWanted: (view: View) => boolean): Promise<View> {
  return eventually(async () => {
    const view = await ask().catch(beforeItRuns);
    return view && isWanted(view) ? view : undefined;
  });
}

/** Queries fail between two runs of a workflow, and before it is started. */
function beforeItRuns(error: unknown): undefined {
  if (!(error instanceof NoWorkerError || error instanceof JourneyNotFoundError)) throw error;
}
