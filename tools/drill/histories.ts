import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { inParallel } from './settling.js';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;
const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** A workflow task that failed, and what Temporal made of it. */
export interface TaskFailure {
  readonly workflowId: string;
  readonly eventId: number;
  readonly cause: string;
  /** What came meanwhile, the reason for an `UnhandledCommand`: signals by their names, or {@link clockMoved}. */
  readonly came: readonly string[];
  /** The event of the workflow task that took it in. */
  readonly handledBy?: number;
}

/** The drill itself, which forwards the clock of a journey. */
export const clockMoved = 'its clock being moved';

/** What the histories of all journeys tell, those of every run. */
export interface HistoryFindings {
  readonly runs: number;
  readonly events: number;
  /** Runs that ended in another way than a journey may. */
  readonly endedWrong: string[];
  /** Every one of them. */
  readonly taskFailures: readonly TaskFailure[];
  /** Workflow tasks that a killed worker left behind. */
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
    endedWrong: runs
      .filter(({ status }) => !['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW'].includes(status))
      .map(({ workflowId, status }) => `${workflowId} ${status}`),
    taskFailures: histories.flatMap(({ workflowId, events }) => taskFailuresOf(workflowId, events)),
    taskTimeouts: sum(timeouts),
  };
}

/**
 * Whether nothing came of it: a signal that came while the journey was ending makes Temporal refuse that end, and give the
 * signal to the next workflow task. Whatever else fails a workflow task is a fault of ours.
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

/** `WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND` is `UnhandledCommand` wherever people meet it. */
function shortName(name: string): string {
  return name
    .replace('WORKFLOW_TASK_FAILED_CAUSE_', '')
    .toLowerCase()
    .replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
