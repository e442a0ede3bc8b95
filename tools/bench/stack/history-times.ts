import type { History } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';

const { EventType } = proto.temporal.api.enums.v1;
type Event = NonNullable<History['events']>[number];

/** The durations in a section of a history, in milliseconds. */
export interface HistoryTimes {
  readonly taskWait: number;
  readonly taskRun: number;
  readonly activityWait: number;
  readonly activityRun: number;
  /** Between all other consecutive events. */
  readonly rest: number;
  readonly all: number;
}

const kinds = new Map<unknown, keyof Omit<HistoryTimes, 'rest' | 'all'>>([
  [EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, 'taskWait'],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, 'taskRun'],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, 'activityWait'],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 'activityRun'],
]);

/** Adds up the durations from the first signal of this name to the end. Requires a journey without parallel steps. */
export function timesSinceSignal({ events }: History, signalName: string): HistoryTimes {
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

/** The duration of each workflow task, from scheduled to completed. */
export function workflowTaskTimes({ events }: History): number[] {
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
