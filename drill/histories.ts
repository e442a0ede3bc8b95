import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { inParallel } from './settling.js';

const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** What the histories of all journeys tell, those of every run. */
export interface HistoryFindings {
  readonly runs: number;
  readonly events: number;
  /** Runs that ended in another way than a journey may. */
  readonly endedWrong: string[];
  /** Every failed workflow task, by its cause. */
  readonly taskFailures: Record<string, number>;
  /** Those that must not be: of another cause than a signal that came while the journey was ending, or never made good. */
  readonly badTaskFailures: string[];
  /** Workflow tasks that a killed worker left behind. */
  readonly taskTimeouts: number;
}

/** Reads the history of every run. */
export async function readHistories(client: Client): Promise<HistoryFindings> {
  const runs: { workflowId: string; runId: string; status: string }[] = [];
  for await (const { workflowId, runId, status } of client.workflow.list()) {
    runs.push({ workflowId, runId, status: status.name });
  }
  const findings = await inParallel(runs, async ({ workflowId, runId }) => {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const all = events ?? [];
    const failed = all.flatMap((event, index) => {
      const cause = event.workflowTaskFailedEventAttributes?.cause;
      if (event.eventType !== EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED) return [];
      const name = WorkflowTaskFailedCause[cause ?? 0] ?? 'unknown';
      const isMadeGood = all
        .slice(index)
        .some(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
      return [{ workflowId, cause: shortName(name), isMadeGood }];
    });
    const timeouts = all.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT).length;
    return { events: all.length, failed, timeouts };
  });

  const failures = findings.flatMap(({ failed }) => failed);
  const taskFailures: Record<string, number> = {};
  for (const { cause } of failures) taskFailures[cause] = (taskFailures[cause] ?? 0) + 1;
  return {
    runs: runs.length,
    events: sum(findings.map(({ events }) => events)),
    endedWrong: runs
      .filter(({ status }) => !['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW'].includes(status))
      .map(({ workflowId, status }) => `${workflowId} ${status}`),
    taskFailures,
    badTaskFailures: failures
      .filter(({ cause, isMadeGood }) => cause !== 'UnhandledCommand' || !isMadeGood)
      .map(({ workflowId, cause }) => `${workflowId}: ${cause}`),
    taskTimeouts: sum(findings.map(({ timeouts }) => timeouts)),
  };
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
