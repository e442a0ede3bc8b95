import {
  type Client,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { type Duration, milliseconds } from '../domain/duration.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import { workflowTaskQueue } from '../workflows/messages.js';
import {
  type StripeSweep,
  type StripeSweepResult,
  stripeSweepId,
  stripeSweepType,
} from '../workflows/sweep-messages.js';
import { Calls } from './calls.js';

/** The schedule as Temporal shows it. */
export interface SweepScheduleView {
  readonly everySeconds?: number;
  readonly lastAt?: Instant;
  readonly nextAt?: Instant;
  readonly isPaused: boolean;
}

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
    if ((await this.describe()) === undefined) {
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

  /** Undefined if there is no schedule. */
  async describe(): Promise<SweepScheduleView | undefined> {
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
