import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { NativeConnection, TelemetryOptions } from '@temporalio/worker';
import type { pino } from 'pino';
import type { SourceWatch } from '../chartmogul/source-watch.js';
import { Journeys } from '../journeys/index.js';
import type { WorkerProcessConfig } from '../runtime/config.js';
import { createOperationsServer, explainListenError, urlOf, watchProcess } from '../runtime/operations.js';
import { sharedAnswer } from '../runtime/shared-answer.js';
import { dataConverter } from '../temporal/data-converter.js';
import { AuditSurvey } from './audit-survey.js';
import { JourneySurvey } from './journey-survey.js';
import { WorkerMetrics } from './metrics.js';
import { chartMogulReasons, endedLoops, type PollLoop, type SeenPolls, seenPolls } from './readiness.js';
import { SdkMetrics } from './sdk-metrics.js';

/** How long an answer of Temporal about the polls is kept. Temporal Cloud limits these calls to 30 a second. */
const pollsKeptMs = 5_000;
const surveyEveryMs = 60_000;
/** A scrape waits this long for a survey. If it takes longer, the next scrape has it. */
const surveyWaitMs = 3_000;

type ShownConfig = Pick<WorkerProcessConfig, 'account' | 'requestsPerSecond' | 'operations'>;

/** The parts of a running worker that its operations port shows. */
export interface WatchedWorker {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly loops: readonly PollLoop[];
  readonly sources: SourceWatch;
}

interface Watched extends WatchedWorker {
  readonly polls: () => Promise<SeenPolls>;
  readonly surveys: readonly (JourneySurvey | AuditSurvey)[];
}

/** The worker's port for operators. It answers from before the worker has started until after it has stopped. */
export class WorkerOperations {
  readonly metrics: WorkerMetrics;
  private watched: Watched | undefined;
  private isStopping = false;
  private readonly surveyed = sharedAnswer(surveyEveryMs, () => this.survey());

  private constructor(
    private readonly config: ShownConfig,
    private readonly log: pino.Logger,
    private readonly sdk: SdkMetrics,
  ) {
    const { account, requestsPerSecond } = config;
    this.metrics = new WorkerMetrics({ account, requestsPerSecond, cachedWorkflows: () => this.cachedWorkflows() });
    watchProcess(this.metrics.registry);
  }

  /** The URL, and the function that closes the server. @throws ConfigError if it cannot listen at the address */
  static async listen(
    config: ShownConfig,
    log: pino.Logger,
  ): Promise<{ readonly operations: WorkerOperations; readonly url: string; close(): Promise<void> }> {
    const shown = new WorkerOperations(config, log, await SdkMetrics.choosePort());
    const server = createOperationsServer({
      registry: shown.metrics.registry,
      health: () => shown.health(),
      readiness: () => shown.readiness(),
      beforeMetrics: () => shown.refresh(),
      moreMetrics: () => shown.sdk.text(),
    });
    await server
      .listen(config.operations)
      .catch((error: unknown) =>
        explainListenError(error, 'WORKER_OPERATIONS_PORT (0 chooses a free port) and WORKER_OPERATIONS_HOST'),
      );
    return { operations: shown, url: urlOf(server), close: () => server.close() };
  }

  /** For `Runtime.install`. */
  telemetryOptions(): NonNullable<TelemetryOptions['metrics']> {
    return this.sdk.telemetryOptions();
  }

  watch(worker: WatchedWorker): void {
    const { connection, namespace, loops } = worker;
    const client = new Client({ connection, namespace, dataConverter: dataConverter() });
    const { account } = this.config;
    const journeys = new Journeys({ client, account, timeout: '5 seconds', workerTimeout: '2 seconds' });
    this.watched = {
      ...worker,
      polls: sharedAnswer(pollsKeptMs, () => seenPolls(connection, namespace, loops)),
      surveys: [new JourneySurvey(journeys, this.metrics), new AuditSurvey(journeys, this.metrics)],
    };
  }

  stopping(): void {
    this.isStopping = true;
  }

  /** A worker that starts or stops is healthy: it must not be killed for it. */
  private health(): readonly string[] {
    return this.watched === undefined || this.isStopping ? [] : endedLoops(this.watched.loops);
  }

  private async readiness(): Promise<readonly string[]> {
    if (this.isStopping) return ['the worker is stopping'];
    const { watched, metrics } = this;
    const chartMogul = chartMogulReasons(watched?.sources.areKnown ?? false, metrics.lastRequest);
    if (watched === undefined) return ['the worker is starting', ...chartMogul];
    return [...endedLoops(watched.loops), ...(await watched.polls()).reasons, ...chartMogul];
  }

  private cachedWorkflows(): number {
    return (this.watched?.loops ?? []).reduce((sum, { worker }) => sum + worker.getStatus().numCachedWorkflows, 0);
  }

  private async refresh(): Promise<void> {
    if (this.watched === undefined || this.isStopping) return;
    await Promise.race([this.surveyed(), sleep(surveyWaitMs, undefined, { ref: false })]);
  }

  /** One worker of the account surveys: the one whose identity sorts first among those that poll its requests. Never rejects. */
  private async survey(): Promise<void> {
    if (this.watched === undefined) return;
    const { polls, surveys, loops } = this.watched;
    const [own = ''] = loops.map(({ worker }) => worker.options.identity);
    const { requestPollers } = await polls();
    const isOther = requestPollers.some((identity) => identity < own);
    for (const survey of surveys) {
      if (isOther) survey.skip();
      else await survey.survey().catch((error: unknown) => this.logUncounted(error));
    }
  }

  private logUncounted(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.warn({ reason }, 'journeys are not counted for the metrics: Temporal does not answer');
  }
}
