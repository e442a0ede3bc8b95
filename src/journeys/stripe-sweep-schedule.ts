import {
  type Client,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { type Duration, milliseconds } from '../domain/duration.js';
import { workflowTaskQueue } from '../workflows/messages.js';
import {
  type StripeSweep,
  type StripeSweepResult,
  stripeSweepId,
  stripeSweepType,
} from '../workflows/sweep-messages.js';
import { Calls } from './calls.js';

type StripeSweepWorkflow = (sweep: StripeSweep) => Promise<StripeSweepResult>;

/** The Temporal Schedule that lets the workers of an account sweep Stripe. */
export class StripeSweepSchedule {
  readonly id: string;
  private readonly calls: Calls;

  constructor(
    private readonly client: Client,
    private readonly account: string,
  ) {
    this.id = stripeSweepId(account);
    this.calls = new Calls(client, {});
  }

  /** Creates the schedule, or changes the interval of an existing one, which keeps the result of its last sweep. */
  async set(every: Duration): Promise<'created' | 'updated'> {
    if (!(await this.exists())) {
      await this.calls.temporal(() => this.client.schedule.create({ scheduleId: this.id, ...this.options(every) }));
      return 'created';
    }
    await this.calls.temporal(() =>
      this.handle().update<StripeSweepWorkflow>(({ state }) => ({ ...this.options(every), state })),
    );
    return 'updated';
  }

  /** Deletes the schedule. A sweep that is running continues. */
  async remove(): Promise<'deleted' | 'unknown'> {
    try {
      await this.calls.temporal(() => this.handle().delete());
      return 'deleted';
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return 'unknown';
      throw error;
    }
  }

  private async exists(): Promise<boolean> {
    try {
      await this.calls.temporal(() => this.handle().describe());
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false;
      throw error;
    }
  }

  private handle() {
    return this.client.schedule.getHandle(this.id);
  }

  private options(every: Duration) {
    return {
      spec: { intervals: [{ every: milliseconds(every) }] },
      action: {
        type: 'startWorkflow',
        workflowType: stripeSweepType,
        workflowId: this.id, // Temporal appends the time
        taskQueue: workflowTaskQueue,
        args: [{ account: this.account }] as [StripeSweep],
        staticSummary: `Stripe sweep of account ${this.account}`,
      },
      // A second sweep would do the same work. The next one continues where the last successful one began.
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
      state: {},
    } satisfies ScheduleUpdateOptions;
  }
}
