import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type WorkflowExecutionInfo, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, type Duration, TerminatedFailure } from '@temporalio/common';
import { milliseconds } from '../domain/duration.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import { TemporalUnavailableError } from '../temporal/errors.js';
import {
  type AuditReport,
  type AuditRequest,
  type AuditView,
  audit,
  auditAccountType,
  auditId,
  expectLeads,
} from '../workflows/audit-messages.js';
import { defaultAccount, workflowTaskQueue } from '../workflows/messages.js';
import { backfillPriority } from '../workflows/policy.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { startOf } from './audit-history.js';
import { Calls } from './calls.js';
import {
  AuditFailedError,
  isAlreadyStarted,
  JourneyNotFoundError,
  JourneyRefusedError,
  NoWorkerError,
} from './errors.js';
import type { JourneyReference, JourneysOptions } from './options.js';
import { given, quoted } from './search.js';
import { startWorkerCommand, unpolledQueues, unpolledText } from './workers.js';

/** The type of the audit workflow. */
type AuditAccount = (request: AuditRequest) => Promise<AuditReport>;

/** Leads of a file, for which an audit looks besides the journeys. */
export interface AuditLeads {
  /** The number of chunks. */
  readonly count: number;
  /** Tells two files apart. */
  readonly digest: string;
  /** The arguments of the signal `expectLeads`. */
  all(): AsyncIterable<string>;
}

export interface AuditOptions {
  readonly fix?: boolean;
  readonly leads?: AuditLeads;
  /** Stops the sending of the leads, and the audit with it. */
  readonly signal?: AbortSignal;
}

/** A started audit, by its first run. */
export interface StartedAudit extends JourneyReference {
  /** It was running already. */
  readonly isAttached: boolean;
}

export interface FollowOptions {
  readonly onProgress?: (view: AuditView) => void;
  /** Called while the audit waits for a worker. */
  readonly onSilence?: (reason: string) => void;
  /** Ends the following. The audit continues. */
  readonly signal?: AbortSignal;
  /** How long Temporal or the workers may be away. Default: 5 minutes. */
  readonly patience?: Duration;
}

/** An audit as shown by Temporal's visibility store, which may lag by seconds. */
export interface AuditSummary extends JourneyReference {
  /** `RUNNING`, `COMPLETED`, `FAILED`, ... */
  readonly status: string;
  readonly isScheduled: boolean;
  /** It found more differences than the audit before. */
  readonly needsAttention: boolean;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
}

/** The interval between two looks at a running audit grows to this: each costs a query, which is an Action. */
const longestPauseMs = 5_000;

/** Starts and follows the audits of an account, and reads their reports. Throws the same errors as `Journeys`. */
export class Audits {
  readonly client: Client;
  readonly account: string;
  private readonly calls: Calls;

  constructor(options: Pick<JourneysOptions, 'client' | 'account' | 'timeout' | 'workerTimeout'>) {
    this.client = options.client;
    this.account = options.account ?? defaultAccount;
    this.calls = new Calls(options.client, options);
  }

  /**
   * Starts an audit, or attaches to a running one with the same options.
   *
   * @throws JourneyRefusedError if one with other options is running
   */
  async start(options: AuditOptions = {}): Promise<StartedAudit> {
    const running = await this.running();
    if (running !== undefined) return this.attach(running, options);
    const { fix, leads } = options;
    const request: AuditRequest = { account: this.account, ...(fix && { fix }), ...(leads && { chunks: leads.count }) };
    try {
      const { workflowId, firstExecutionRunId: runId } = await this.calls.temporal(() =>
        this.client.workflow.start<AuditAccount>(auditAccountType, {
          workflowId: auditId(this.account),
          taskQueue: workflowTaskQueue,
          args: [request],
          ...(leads && { memo: { leads: leads.digest } }),
          staticSummary: `Audit of account ${this.account}`,
          priority: { priorityKey: backfillPriority },
        }),
      );
      return await this.begin({ workflowId, runId, isAttached: false }, options);
    } catch (error) {
      if (!isAlreadyStarted(error)) throw error;
      return this.attach(await this.latestRun(auditId(this.account)), options); // the index did not list it yet
    }
  }

  /**
   * Waits for the end of an audit.
   *
   * @throws AuditFailedError if it ends without a report
   * @throws NoWorkerError, TemporalUnavailableError if they stay away
   */
  async follow(run: JourneyReference, options: FollowOptions = {}): Promise<AuditReport> {
    const { signal, onSilence, patience = '5 minutes' } = options;
    let answeredAt = Date.now();
    for (let pauseMs = 1_000; ; pauseMs = Math.min(pauseMs * 1.2, longestPauseMs)) {
      signal?.throwIfAborted();
      const silence = await this.look(run, options).catch((error: unknown) => {
        if (!(error instanceof TemporalUnavailableError)) throw error;
        return error;
      });
      if (silence === 'ended') return this.report(run);
      if (silence === undefined) answeredAt = Date.now();
      else {
        if (Date.now() - answeredAt > milliseconds(patience)) throw silence;
        onSilence?.(silence.message);
      }
      await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
    }
  }

  /** The report of a completed audit, by any of its runs. @throws AuditFailedError if it ended without one */
  async report({ workflowId, runId }: JourneyReference): Promise<AuditReport> {
    try {
      return await this.calls.temporal(() => this.client.workflow.getHandle<AuditAccount>(workflowId, runId).result());
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      throw new AuditFailedError(`The audit ${ending(error)}.`, { cause: error });
    }
  }

  /** The latest completed audit and, if there is one, a later one that has not completed. */
  async last(): Promise<{ readonly last?: AuditSummary; readonly later?: AuditSummary }> {
    let later: AuditSummary | undefined;
    for await (const summary of this.list()) {
      if (summary.status === 'COMPLETED') return given({ last: summary, later });
      later ??= summary;
    }
    return given({ later });
  }

  /** The account's audits, as long as Temporal retains them: running ones, then those that ended last. */
  async *list({ isRunning = false } = {}): AsyncGenerator<AuditSummary> {
    const id = auditId(this.account);
    const query = [
      `WorkflowType = ${quoted(auditAccountType)}`,
      // The time that a schedule appends begins with the year.
      `(WorkflowId = ${quoted(id)} OR WorkflowId STARTS_WITH ${quoted(`${id}-2`)})`,
      isRunning ? `ExecutionStatus = 'Running'` : `ExecutionStatus != 'ContinuedAsNew'`,
    ].join(' AND ');
    for await (const info of this.calls.each(this.client.workflow.list({ query, pageSize: 100 }))) {
      const suffix = info.workflowId.slice(id.length);
      // The account `a` is not the account `a-2`.
      if (suffix === '' || scheduledSuffix.test(suffix)) yield summaryOf(info, suffix !== '');
    }
  }

  private async running(): Promise<JourneyReference | undefined> {
    for await (const { workflowId } of this.list({ isRunning: true })) {
      const { isRunning, ...run } = await this.latestRun(workflowId); // the index may lag
      if (isRunning) return run;
    }
    return undefined;
  }

  /** The latest audit with this id, by its first run. */
  private async latestRun(workflowId: string): Promise<JourneyReference & { readonly isRunning: boolean }> {
    const handle = this.client.workflow.getHandle(workflowId);
    const { status, runId, raw } = await this.calls.temporal(() => handle.describe());
    const firstRunId = raw.workflowExecutionInfo?.firstRunId ?? runId;
    return { workflowId, runId: firstRunId, isRunning: status.name === 'RUNNING' };
  }

  /** Sends the leads of the file. Without them the audit would wait, so it is ended if that fails. */
  private async begin(started: StartedAudit, { leads, signal }: AuditOptions): Promise<StartedAudit> {
    if (leads === undefined) return started;
    try {
      await this.send(started, leads, signal);
    } catch (error) {
      const { workflowId, runId } = started;
      const handle = this.client.workflow.getHandle(workflowId, runId);
      await this.calls.temporal(() => handle.terminate('its file was not sent completely')).catch(() => undefined);
      throw error;
    }
    return started;
  }

  private async attach({ workflowId, runId }: JourneyReference, options: AuditOptions): Promise<StartedAudit> {
    const { fix = false, leads } = options;
    const { request, memo } = await startOf<AuditRequest>(this.client, workflowId, runId);
    const { fix: fixes = false, chunks } = request;
    if (fixes === fix && memo.leads === leads?.digest) {
      const running = { workflowId, runId, isAttached: true };
      await this.sendAgain(running, options);
      return running;
    }
    const others = [fixes ? 'with --fix' : 'without --fix', chunks === undefined ? 'without a file' : 'with a file'];
    throw new JourneyRefusedError(
      `Another audit of this account is running already, ${others.join(' and ')}; nothing was started. Follow ` +
        `it with the same options, wait for its end, or end it with: temporal workflow cancel --workflow-id ${workflowId}`,
    );
  }

  private async send(
    { workflowId, runId }: JourneyReference,
    leads: AuditLeads,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const handle = this.client.workflow.getHandle(workflowId, runId);
    let chunk = 0;
    for await (const text of leads.all()) {
      signal?.throwIfAborted();
      await this.calls.temporal(() => handle.signal(expectLeads, chunk, text));
      chunk += 1;
    }
  }

  /** A command that was killed may have sent a part of its file. A chunk may be sent again. */
  private async sendAgain(run: JourneyReference, { leads, signal }: AuditOptions): Promise<void> {
    if (leads === undefined) return;
    const { phase } = await this.calls.worker(() => this.client.workflow.getHandle(run.workflowId).query(audit), '');
    if (phase === 'waiting for the file') await this.send(run, leads, signal);
  }

  /** Looks once. Undefined: it runs, and workers poll. */
  private async look(
    { workflowId, runId }: JourneyReference,
    { onProgress }: FollowOptions,
  ): Promise<'ended' | NoWorkerError | undefined> {
    const { client, account } = this;
    const handle = client.workflow.getHandle<AuditAccount>(workflowId);
    const latest = await this.latestRun(workflowId);
    if (!latest.isRunning || latest.runId !== runId) return 'ended';
    const unpolled = await unpolledQueues(client, [account]);
    if (unpolled.length > 0) {
      return new NoWorkerError(
        `The audit waits: ${unpolledText(unpolled)}. Start one with \`${startWorkerCommand(account)}\`.`,
      );
    }
    if (onProgress === undefined) return undefined;
    // A worker that is busy for a moment, or the moment between two runs, says nothing about the audit.
    const view = await this.calls
      .worker(() => handle.query(audit), '')
      .catch((error: unknown) => {
        if (!(error instanceof NoWorkerError || error instanceof JourneyNotFoundError)) throw error;
      });
    if (view !== undefined) onProgress(view);
    return undefined;
  }
}

const scheduledSuffix = /^-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function summaryOf(info: Omit<WorkflowExecutionInfo, 'raw'>, isScheduled: boolean): AuditSummary {
  const { workflowId, runId, status, startTime, closeTime, typedSearchAttributes: attributes } = info;
  return given({
    ...{ workflowId, runId, isScheduled, status: status.name },
    needsAttention: attributes.get(searchAttributes.attention) !== undefined,
    startedAt: formatInstant(startTime),
    endedAt: closeTime && formatInstant(closeTime),
  });
}

/** How a workflow ended that has no result. */
function ending({ cause }: WorkflowFailedError): string {
  if (cause instanceof CancelledFailure) return 'was cancelled';
  if (cause instanceof TerminatedFailure) return 'was terminated';
  let reason: Error | undefined = cause;
  while (reason?.cause instanceof Error) reason = reason.cause;
  return `failed: ${reason?.message ?? 'it timed out'}`;
}
