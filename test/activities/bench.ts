import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import {
  apiKey,
  type Exchange,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../packages/chartmogul-sandbox/src/index.js';
import { type ChartMogulActivities, createActivities } from '../../src/activities/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import type { Sources } from '../../src/chartmogul/sources.js';
import type { RequestName, UnmergeStepName } from '../../src/domain/journey/attention.js';
import { fastLane } from '../../src/workflows/policy.js';

/** Sandbox settings without delays, and without limits unless a test sets them. */
const atOnce = { ingestDelayMs: 0, mergeDelayMs: 0, rateLimitPerSecond: 0, maxParallel: 0 } as const;

export interface BenchOptions extends SandboxOptions {
  readonly apiKey?: string;
  readonly timeoutMs?: number;
  /** Leads and billing in one source. */
  readonly inOneSource?: boolean;
}

/** The activities against a sandbox of their own, over HTTP. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly client: ChartMogulClient;
  readonly activities: ChartMogulActivities;
  readonly sources: () => Sources;
  /** What the activities logged. */
  readonly logged: LogEntry[];
  /** Requests with their bodies and answers, in order. */
  readonly exchanges: Exchange[];
  /** Runs one activity as a worker does. @param waitedMs in the queue */
  run<Step extends RequestName | Exclude<UnmergeStepName, 'findDatesOfLeads'>>(
    step: Step,
    input: Parameters<ChartMogulActivities[Step]>[0],
    options?: { readonly waitedMs?: number },
  ): Promise<unknown>;
  close(): Promise<void>;
}

export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const { apiKey: key = apiKey, timeoutMs = 5_000, inOneSource = false, ...knobs } = options;
  const exchanges: Exchange[] = [];
  const sandbox = await startSandbox({ ...atOnce, ...knobs, onRequest: (exchange) => exchanges.push(exchange) });
  // New after each reset of the sandbox.
  const sources = (): Sources => ({
    leads: sandbox.leadsSourceUuid,
    billing: inOneSource ? sandbox.leadsSourceUuid : sandbox.billingSourceUuid,
  });
  const client = new ChartMogulClient({ apiKey: key, url: sandbox.url, timeoutMs });
  const activities = createActivities({ chartMogul: client, sources });
  const logged: LogEntry[] = [];
  const logger = new DefaultLogger('DEBUG', (entry) => logged.push(entry));
  return {
    sandbox,
    client,
    activities,
    sources,
    logged,
    exchanges,
    run(step, input, { waitedMs = 0 } = {}) {
      const info = { retryPolicy: fastLane[step], attempt: 1, scheduledTimestampMs: Date.now() - waitedMs };
      // one of these functions, each with its own input: the step selects it
      const activity = activities[step] as (input: unknown) => Promise<unknown>;
      return new MockActivityEnvironment(info, { logger }).run(activity, input);
    },
    close: () => sandbox.close(),
  };
}

/** The failure of an activity. Throws if it succeeds or fails in another way. */
export async function failureOf(running: Promise<unknown>): Promise<ApplicationFailure> {
  const answer = await running.catch((error: unknown) => {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  });
  if (answer instanceof ApplicationFailure) return answer;
  throw new Error(`did not fail but answered ${JSON.stringify(answer)}`);
}
