import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';

/** What an audit has cost in Temporal. */
export interface AuditCost {
  readonly runs: number;
  readonly events: number;
  readonly historyKb: number;
  /** Billed by Temporal Cloud: starts, activities, timers, signals, continue-as-new. Heartbeats are not in histories. */
  readonly actions: number;
}

/** The cost of the last audit with this id, from the histories of all of its runs. */
export async function costOf(client: Client, workflowId: string): Promise<AuditCost> {
  const last = await client.workflow.getHandle(workflowId).describe();
  const first = last.raw.workflowExecutionInfo?.firstRunId ?? last.runId;
  const cost = { runs: 0, events: 0, historyKb: 0, actions: 0 };
  for (let runId: string | undefined | null = first; runId; ) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { events = [] } = await handle.fetchHistory();
    const { historySize = 0 } = await handle.describe();
    cost.runs += 1;
    cost.historyKb += historySize / 1000;
    cost.events += events?.length ?? 0;
    cost.actions += 1; // the start, or the continue-as-new
    let next: string | undefined | null;
    for (const event of events ?? []) {
      if (event.activityTaskScheduledEventAttributes || event.timerStartedEventAttributes) cost.actions += 1;
      if (event.workflowExecutionSignaledEventAttributes) cost.actions += 1;
      if (event.upsertWorkflowSearchAttributesEventAttributes) cost.actions += 1;
      next ??= event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    runId = next;
  }
  return cost;
}

const sampleMs = 100;

/** Measures the memory of a process, and of those that replace it, in MB: at first, at most, and the most of one's growth. */
export function memoryOf(pid: () => number | undefined) {
  const first = new Map<number, number>();
  let [most, grown] = [0, 0];
  const sample = () => {
    const id = pid() ?? 0;
    const rss = megabytes(id);
    if (Number.isNaN(rss)) return;
    const before = first.get(id) ?? rss;
    first.set(id, before);
    most = Math.max(most, rss);
    grown = Math.max(grown, rss - before);
  };
  sample();
  const timer = setInterval(sample, sampleMs);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return { before: [...first.values()][0] ?? Number.NaN, most, grown };
    },
  };
}

/** The resident memory of a process, on Linux; NaN elsewhere. */
function megabytes(pid: number): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1000;
  } catch {
    return Number.NaN;
  }
}
