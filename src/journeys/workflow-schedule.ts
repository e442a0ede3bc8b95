import {
  type Client,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
  type Workflow,
} from '@temporalio/client';
import { type Duration, milliseconds } from '../domain/duration.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import { type AuditRequest, auditAccountType, auditId } from '../workflows/audit-messages.js';
import { workflowTaskQueue } from '../workflows/messages.js';
import { type StripeSweep, stripeSweepId, stripeSweepType } from '../workflows/sweep-messages.js';
import { Calls } from './calls.js';

/** A schedule as Temporal shows it. */
export interface ScheduleView {
  readonly everySeconds?: number;
  readonly lastAt?: Instant;
  readonly nextAt?: Instant;
  readonly isPaused: boolean;
}

/** What a schedule starts. */
interface ScheduledWorkflow {
  /** The id of the schedule. Temporal adds the time of the start to make the ids of its workflows. */
  readonly id: string;
  readonly type: string;
  readonly input: object;
  /** One line for the Web UI. */
  readonly summary: string;
}

/** The schedule of the sweeps of Stripe. Each one continues where the last successful one began. */
export function stripeSweepSchedule(client: Client, account: string): WorkflowSchedule {
  const input: StripeSweep = { account };
  const summary = `Stripe sweep of account ${account}`;
  return new WorkflowSchedule(client, { id: stripeSweepId(account), type: stripeSweepType, input, summary });
}

/** The schedule of the audits of an account. */
export function auditSchedule(client: Client, account: string, { fix }: Pick<AuditRequest, 'fix'> = {}) {
  const input: AuditRequest = { account, ...(fix && { fix }) };
  const summary = `Audit of account ${account}`;
  return new WorkflowSchedule(client, { id: auditId(account), type: auditAccountType, input, summary });
}

/** A Temporal Schedule that lets the workers do something in an interval, one at a time. */
export class WorkflowSchedule {
  readonly id: string;
  private readonly calls: Calls;

  constructor(
    private readonly client: Client,
    private readonly workflow: ScheduledWorkflow,
  ) {
    this.id = workflow.id;
    this.calls = new Calls(client, {});
  }

  /** Creates the schedule, or changes an existing one, which keeps the result of its last workflow. */
  async set(every: Duration): Promise<'created' | 'updated'> {
    if ((await this.describe()) === undefined) {
      await this.calls.temporal(() => this.client.schedule.create({ scheduleId: this.id, ...this.options(every) }));
      return 'created';
    }
    await this.calls.temporal(() => this.handle().update<Workflow>(({ state }) => ({ ...this.options(every), state })));
    return 'updated';
  }

  /** Deletes the schedule. A workflow that is running continues. */
  async remove(): Promise<'deleted' | 'unknown'> {
    try {
      await this.calls.temporal(() => this.handle().delete());
      return 'deleted';
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return 'unknown';
      throw error;
    }
  }

  /** Undefined if there is no schedule. */
  async describe(): Promise<ScheduleView | undefined> {
    try {
      const { spec, info, state } = await this.calls.temporal(() => this.handle().describe());
      const [interval] = spec.intervals ?? [];
      const last = info.recentActions.at(-1)?.takenAt;
      const [next] = info.nextActionTimes;
      return {
        ...(interval && { everySeconds: milliseconds(interval.every) / 1000 }),
        ...(last && { lastAt: formatInstant(last) }),
        ...(next && { nextAt: formatInstant(next) }),
        isPaused: state.paused,
      };
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  }

  private handle() {
    return this.client.schedule.getHandle(this.id);
  }

  private options(every: Duration) {
    const { id, type, input, summary } = this.workflow;
    return {
      spec: { intervals: [{ every: milliseconds(every) }] },
      action: {
        type: 'startWorkflow',
        workflowType: type,
        workflowId: id, // Temporal appends the time
        taskQueue: workflowTaskQueue,
        args: [input],
        staticSummary: summary,
      },
      // A second one would do the same work.
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
      state: {},
    } satisfies ScheduleUpdateOptions;
  }
}
