import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { inParallel } from './settling.js';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;
const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** A failed workflow task, and how Temporal handled it. */
export interface TaskFailure {
  readonly workflowId: string;
  readonly eventId: number;
  readonly cause: string;
  /** Events during the task, which cause an `UnhandledCommand`: signal names, or {@link clockMoved}. */
  readonly came: readonly string[];
  /** The event of the workflow task that handled them. */
  readonly handledBy?: number;
}

/** Caused by the drill itself, which fast-forwards a journey's clock. */
export const clockMoved = 'a time skip';

/** Findings from the histories of all runs of all journeys. */
export interface HistoryFindings {
  readonly runs: number;
  readonly events: number;
  /** Runs with an unexpected end. */
  readonly endedWrong: string[];
  /** All failed workflow tasks. */
  readonly taskFailures: readonly TaskFailure[];
  /** Runs that continued as new, because another version took them over. */
  readonly continued: number;
  /** Completed workflow tasks by deployment version. */
  readonly tasksByBuild: Record<string, number>;
  /** Workflow tasks that timed out because their worker was killed. */
  readonly taskTimeouts: number;
}

/** Reads the history of every run. */
export async function readHistories(client: Client): Promise<HistoryFindings> {
  const runs: { workflowId: string; runId: string; status: string }[] = [];
  for await (const { workflowId, runId, status } of client.workflow.list()) {
    runs.push({ workflowId, runId, status: status.name });
  }
  const histories = await inParallel(runs, async ({ workflowId, runId }) => {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return { workflowId, events: events ?? [] };
  });
  const timeouts = histories.map(
    ({ events }) => events.filter(is(EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)).length,
  );
  return {
    runs: runs.length,
    events: sum(histories.map(({ events }) => events.length)),
    continued: runs.filter(({ status }) => status === 'CONTINUED_AS_NEW').length,
    tasksByBuild: countTasks(histories.flatMap(({ events }) => events)),
    endedWrong: runs
      .filter(({ status }) => !['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW'].includes(status))
      .map(({ workflowId, status }) => `${workflowId} ${status}`),
    taskFailures: histories.flatMap(({ workflowId, events }) => taskFailuresOf(workflowId, events)),
    taskTimeouts: sum(timeouts),
  };
}

function countTasks(events: readonly HistoryEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { workflowTaskCompletedEventAttributes: completed } of events) {
    if (!completed) continue;
    const build = completed.deploymentVersion?.buildId || 'none';
    counts[build] = (counts[build] ?? 0) + 1;
  }
  return counts;
}

/**
 * Whether the failure is harmless: if a signal arrives while the journey completes, Temporal rejects the completion and
 * delivers the signal in the next workflow task. Any other failure of a workflow task is our bug.
 */
export function isHarmless({ cause, came, handledBy }: TaskFailure): boolean {
  return cause === 'UnhandledCommand' && came.length > 0 && handledBy !== undefined;
}

export function taskFailuresOf(workflowId: string, events: readonly HistoryEvent[]): TaskFailure[] {
  return events.filter(is(EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)).map((failure) => {
    const after = events.slice(events.indexOf(failure) + 1);
    const handling = after.findIndex(is(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED));
    const handledBy = after[handling]?.eventId;
    const until = handling === -1 ? after.length : handling;
    const cause = WorkflowTaskFailedCause[failure.workflowTaskFailedEventAttributes?.cause ?? 0] ?? 'unknown';
    return {
      workflowId,
      eventId: Number(failure.eventId),
      cause: shortName(cause),
      came: after.slice(0, until).flatMap(changesIn),
      ...(handledBy && { handledBy: Number(handledBy) }),
    };
  });
}

function changesIn({ eventType, workflowExecutionSignaledEventAttributes: signal }: HistoryEvent): string[] {
  if (eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED) return [clockMoved];
  return signal?.signalName ? [signal.signalName] : [];
}

function is(type: proto.temporal.api.enums.v1.EventType) {
  return ({ eventType }: HistoryEvent) => eventType === type;
}

/** Users see `WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND` as `UnhandledCommand`. */
function shortName(name: string): string {
  return name
    .replace('WORKFLOW_TASK_FAILED_CAUSE_', '')
    .toLowerCase()
    .replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
