import type { History } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';

const { EventType } = proto.temporal.api.enums.v1;
type Event = NonNullable<History['events']>[number];

/** Milliseconds that a stretch of a history took, and of what they were made. */
export interface Times {
  readonly taskWait: number;
  readonly taskRun: number;
  readonly activityWait: number;
  readonly activityRun: number;
  /** Between one event and the next of another kind. */
  readonly rest: number;
  readonly all: number;
}

const kinds = new Map<unknown, keyof Omit<Times, 'rest' | 'all'>>([
  [EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, 'taskWait'],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, 'taskRun'],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, 'activityWait'],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 'activityRun'],
]);

/** From the first signal of that name to the end, where one thing happens after the other. */
export function timesFrom({ events }: History, signalName: string): Times {
  const all = events ?? [];
  const from = all.findIndex((event) => event.workflowExecutionSignaledEventAttributes?.signalName === signalName);
  const times = { taskWait: 0, taskRun: 0, activityWait: 0, activityRun: 0, rest: 0, all: 0 };
  for (const [index, event] of all.entries()) {
    const before = all[index - 1];
    if (index <= from || !before) continue;
    const ms = timeOf(event) - timeOf(before);
    times[kinds.get(event.eventType) ?? 'rest'] += ms;
    times.all += ms;
  }
  return times;
}

/** Of each workflow task, from scheduled to completed. */
export function timesOfTasks({ events }: History): number[] {
  const all = events ?? [];
  return all.flatMap((event) => {
    const scheduledId = Number(event.workflowTaskCompletedEventAttributes?.scheduledEventId ?? 0);
    const scheduled = all[scheduledId - 1];
    return scheduled ? [timeOf(event) - timeOf(scheduled)] : [];
  });
}

function timeOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1_000_000;
}
