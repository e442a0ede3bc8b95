import {
  ApplicationFailure,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Position } from '../activities/audit/parts.js';
import type { Activities } from '../activities/index.js';
import { auditClassNames, isDifference, isMendable } from '../domain/audit/classes.js';
import { milliseconds } from '../domain/duration.js';
import type { Instant } from '../domain/journey/instant.js';
import { auditDetails } from './audit-display.js';
import {
  type AuditCounts,
  type AuditPhase,
  type AuditReport,
  type AuditRequest,
  type AuditView,
  audit,
  type Difference,
  expectLeads,
  type Mended,
} from './audit-messages.js';
import { auditMigrations, type Carried, carry, migrate } from './carried-state.js';
import { now } from './journey.js';
import { chartMogulTaskQueue } from './messages.js';
import * as policy from './policy.js';
import { searchAttributes } from './search-attributes.js';

/** The state that an audit passes from one run to the next. */
export interface AuditState {
  readonly startedAt: Instant;
  phase: AuditPhase;
  /** The next part of the invoices; `done` once all that are read are read. */
  invoices: { readonly next?: string; readonly read: number; readonly isDone: boolean };
  trialRecords: readonly string[];
  /** The next part of the lists; absent once all are read. */
  lists?: Position;
  right?: string;
  showsMerged?: boolean;
  leads?: number;
  /** How many leads the lists have not shown to be right; known once all are read. */
  inDoubt?: number;
  /** The hash of the next lead that may be in doubt; absent once all are examined. */
  doubts?: number;
  requests: number;
  records: number;
  examined: number;
  /** The expected leads so far, examined or right. */
  judged: number;
  counts: AuditCounts;
  examples: readonly Difference[];
  /** Leads whose journeys are to be restarted. */
  toMend: readonly string[];
  restarted: number;
  mended: number;
  failed: number;
}

/*
 * These decide which command comes next, so a change must be guarded with `patched()`, or wait until no audit runs.
 */

/** Of each class, so many leads are in the report; the others are in the results of the activities. */
const examplesOfEach = 10;
/** Invoices are searched for trial line items up to this number; a page has 200. */
const mostInvoices = 100_000;
/** A bound for the state; with more records, the report names only these. */
const mostTrialRecords = 20_000;
/** How many journeys are restarted at once, and for how long they are followed: their merges take minutes. */
const mending = { atOnce: 2_000, upTo: '2 hours' } as const;

/**
 * Compares all leads of an account with ChartMogul: reads the lists of customers, then the records of the leads that the
 * lists have not shown to be right. With `fix`, restarts the journeys of those that a journey can put right.
 */
export async function auditAccount(request: AuditRequest, carried?: Carried<AuditState>): Promise<AuditReport> {
  if (typeof request?.account !== 'string') {
    throw ApplicationFailure.nonRetryable('invalid input: must be { account, fix?, chunks? }', 'InvalidAudit');
  }
  return new Audit(request, carried).run();
}

class Audit {
  private readonly state: AuditState;

  constructor(
    private readonly request: AuditRequest,
    carried: Carried<AuditState> | undefined,
  ) {
    this.state = carried
      ? migrate<AuditState>(carried, auditMigrations)
      : {
          startedAt: now(),
          phase: 'reading lists',
          invoices: { read: 0, isDone: false },
          ...{ trialRecords: [], lists: { source: 0 }, doubts: 0, counts: {}, examples: [], toMend: [] },
          ...{ requests: 0, records: 0, examined: 0, judged: 0, restarted: 0, mended: 0, failed: 0 },
        };
  }

  async run(): Promise<AuditReport> {
    const { state } = this;
    setHandler(audit, () => this.view(), { description: 'The progress and the counts so far' });
    await this.receiveFile();
    while (!state.invoices.isDone) await this.findTrialRecords();
    while (state.lists || state.doubts !== undefined) {
      if (state.lists) await this.readLists(state.lists);
      else await this.examine(state.doubts ?? 0);
      const isFull = state.toMend.length >= mending.atOnce;
      if (this.request.fix && isFull) await this.mend();
    }
    // Also in a run that begins after the last part.
    if (this.request.fix) await this.mend();
    return this.report();
  }

  /** In the first run: the activities read the leads from the signals themselves. */
  private async receiveFile(): Promise<void> {
    const received = new Set<number>();
    setHandler(expectLeads, (chunk) => void received.add(chunk), { description: 'Leads of a file' });
    const { chunks = 0 } = this.request;
    if (chunks === 0 || this.isLater()) return;
    this.enter('waiting for the file');
    const options = { summary: 'Waiting for the leads of the file' };
    if (await condition(() => received.size >= chunks, policy.auditFileTimeout, options)) return;
    throw ApplicationFailure.nonRetryable('the leads of the file were not sent: run the command again', 'FileNotSent');
  }

  private async findTrialRecords(): Promise<void> {
    const { state } = this;
    this.enter('reading lists');
    const { next: cursor, read } = state.invoices;
    const found = await this.activities('Read invoices').findTrialRecords({
      account: this.request.account,
      ...(cursor !== undefined && { cursor }),
    });
    const all = read + found.invoices;
    const isDone = found.next === undefined || all >= mostInvoices;
    state.invoices = { read: all, isDone, ...(found.next !== undefined && { next: found.next }) };
    state.trialRecords = [...new Set([...state.trialRecords, ...found.trialRecords])].slice(0, mostTrialRecords);
    state.requests += found.requests;
    await this.endOfPart();
  }

  private async readLists(position: Position): Promise<void> {
    const { state } = this;
    this.enter('reading lists');
    const { right, showsMerged } = state;
    const found = await this.activities('Read lists of customers').auditLists({
      ...this.part(),
      position,
      ...(right !== undefined && { right }),
      ...(showsMerged !== undefined && { showsMerged }),
    });
    Object.assign(state, { right: found.right, leads: found.leads, showsMerged: found.showsMerged });
    if (found.position) state.lists = found.position;
    else {
      delete state.lists;
      state.inDoubt = found.inDoubt;
    }
    state.requests += found.requests;
    state.records += found.records;
    this.learn({ unknown: found.differences.length }, found.differences);
    await this.endOfPart();
  }

  private async examine(from: number): Promise<void> {
    const { state } = this;
    this.enter('reading single records');
    const { right = '' } = state;
    const found = await this.activities('Read single records').auditDoubts({ ...this.part(), right, from });
    state.judged += found.leads;
    if (found.next !== undefined) state.doubts = found.next;
    else {
      delete state.doubts;
      state.leads = state.judged; // Temporal may have forgotten some since they were listed
    }
    state.requests += found.requests;
    state.examined += found.examined;
    this.learn(found.counts, found.differences);
    if (this.request.fix) {
      const mendable = found.differences.filter((difference) => isMendable(difference.class));
      state.toMend = [...state.toMend, ...mendable.map(({ leadId }) => leadId)];
    }
    await this.endOfPart();
  }

  private async mend(): Promise<void> {
    const { state } = this;
    if (state.toMend.length === 0) return;
    this.enter('mending');
    await this.activities('Restart journeys').restartJourneys({ ...this.part(), leadIds: state.toMend });
    state.restarted += state.toMend.length;
    const until = Date.now() + milliseconds(mending.upTo);
    const longest = milliseconds(policy.longestMendingInterval);
    let pending: readonly string[] = state.toMend;
    for (let pause = milliseconds(policy.mendingInterval); pending.length > 0; pause = Math.min(pause * 2, longest)) {
      await sleep(pause, { summary: 'Waiting for the restarted journeys' });
      const isLast = Date.now() >= until;
      const { account } = this.request;
      const found = await this.activities('Look at restarted journeys').followMended({
        account,
        leadIds: pending,
        isLast,
      });
      this.count(found.followed);
      pending = found.pending;
      this.show();
    }
    state.toMend = [];
  }

  private count(followed: readonly Mended[]): void {
    for (const { mended } of followed) this.state[mended ? 'mended' : 'failed'] += 1;
  }

  private learn(counts: AuditCounts, differences: readonly Difference[]): void {
    const { state } = this;
    const sum: { -readonly [found in keyof AuditCounts]: AuditCounts[found] } = { ...state.counts };
    for (const name of auditClassNames) {
      const more = counts[name] ?? 0;
      if (more > 0) sum[name] = (sum[name] ?? 0) + more;
    }
    state.counts = sum;
    const examples = [...state.examples];
    for (const difference of differences) {
      const shown = examples.filter((example) => example.class === difference.class).length;
      if (shown < examplesOfEach) examples.push(difference);
    }
    state.examples = examples;
  }

  private enter(phase: AuditPhase): void {
    this.state.phase = phase;
    this.show();
  }

  private show(): void {
    setCurrentDetails(auditDetails(this.view()));
  }

  /** Between two parts, the state is complete. */
  private async endOfPart(): Promise<void> {
    this.show();
    if (!workflowInfo().continueAsNewSuggested) return;
    await continueAsNew<typeof auditAccount>(this.request, carry(this.state, auditMigrations));
  }

  private isLater(): boolean {
    return workflowInfo().continuedFromExecutionRunId !== undefined;
  }

  private view(): AuditView {
    const { startedAt, phase, leads, requests, records, examined, examples, invoices, inDoubt } = this.state;
    const { restarted, mended, failed } = this.state;
    const isCut = invoices.isDone && invoices.next !== undefined;
    return {
      account: this.request.account,
      ...{ phase, startedAt, requests, records, examined, examples, counts: this.counts() },
      ...(leads !== undefined && { leads }),
      ...(inDoubt !== undefined && { doubts: inDoubt }),
      ...(this.request.fix && { mending: { restarted, mended, failed } }),
      ...(isCut && { invoicesRead: invoices.read }),
    };
  }

  /** Leads that were neither in doubt nor unknown are right. */
  private counts(): AuditCounts {
    const { counts, leads = 0, lists, doubts } = this.state;
    if (lists !== undefined || doubts !== undefined) return counts;
    const { unknown = 0, ok = 0, ...others } = counts;
    const wrong = Object.values(others).reduce((sum, count) => sum + count, 0);
    return { ...others, ...(unknown > 0 && { unknown }), ok: leads - wrong };
  }

  private async report(): Promise<AuditReport> {
    this.state.phase = 'finished';
    this.show();
    const { account } = this.request;
    const before = await this.activities('Look up the last audit').findLastAudit({ account });
    const { phase, ...view } = this.view();
    const found = auditClassNames.filter(isDifference).reduce((sum, name) => sum + (view.counts[name] ?? 0), 0);
    const differences = found - this.state.mended;
    // Shown with the account's journeys that need attention.
    if (before !== undefined && differences > before) {
      upsertSearchAttributes([{ key: searchAttributes.attention, value: 'audit-differences' }]);
    }
    return { ...view, endedAt: now(), differences, ...(before !== undefined && { before }) };
  }

  private part() {
    const { startedAt, trialRecords } = this.state;
    const { account, chunks = 0 } = this.request;
    const { firstExecutionRunId: firstRunId } = workflowInfo();
    return { account, firstRunId, startedAt, chunks, trialRecords };
  }

  /** On the account's own queue: only its workers have its key. Behind everything live, and behind imports. */
  private activities(summary: string): Activities {
    return proxyActivities<Activities>({
      taskQueue: chartMogulTaskQueue(this.request.account),
      startToCloseTimeout: policy.auditPartTimeout,
      heartbeatTimeout: policy.heartbeatTimeout,
      retry: policy.auditRetry,
      priority: { priorityKey: policy.backfillPriority },
      summary,
    });
  }
}
