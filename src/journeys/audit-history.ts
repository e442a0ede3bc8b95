import type { Client } from '@temporalio/client';
import {
  decodeFromPayloadsAtIndex,
  decodeMapFromPayloads,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type proto from '@temporalio/proto';
import { auditResults, type Difference, type DifferencesFound } from '../workflows/audit-messages.js';
import { callingTemporal } from './errors.js';
import type { JourneyReference } from './options.js';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** A difference, and what became of it: undefined if the journey was not restarted. */
export interface FoundDifference extends Difference {
  readonly isMended?: boolean;
}

/**
 * All differences that an audit found, from the results of its activities in the histories of its runs. The histories
 * are read twice: what became of a lead is known only at the end. Only the ids of the restarted leads are in memory.
 */
export async function* differencesOf(client: Client, audit: JourneyReference): AsyncGenerator<FoundDifference> {
  const mended = new Map<string, boolean>();
  for await (const { followed = [] } of resultsOf(client, audit, [auditResults.followed])) {
    for (const { leadId, mended: isMended } of followed) mended.set(leadId, isMended);
  }
  for await (const { differences = [] } of resultsOf(client, audit, [auditResults.lists, auditResults.doubts])) {
    for (const difference of differences) {
      const isMended = mended.get(difference.leadId);
      yield { ...difference, ...(isMended !== undefined && { isMended }) };
    }
  }
}

/** The results of some of an audit's activities, in all of its runs. */
async function* resultsOf(
  client: Client,
  { workflowId, runId }: JourneyReference,
  activities: readonly string[],
): AsyncGenerator<DifferencesFound> {
  const scheduled = new Set<string>();
  for await (const event of eventsOf(client, workflowId, await firstRunOf(client, workflowId, runId))) {
    const { activityType } = event.activityTaskScheduledEventAttributes ?? {};
    if (activities.includes(activityType?.name ?? '')) scheduled.add(`${event.eventId}`);
    const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes ?? {};
    if (scheduled.delete(`${scheduledEventId}`)) yield await decoded<DifferencesFound>(client, result);
    if (event.workflowExecutionContinuedAsNewEventAttributes) scheduled.clear(); // event ids begin again
  }
}

/** The first of the runs that continued as new, one after the other, up to this one. Default: the latest run. */
export async function firstRunOf(client: Client, workflowId: string, runId?: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { raw } = await within(client, () => handle.describe());
  return raw.workflowExecutionInfo?.firstRunId ?? runId ?? '';
}

/** The input and the memo with which a run was started. */
export async function startOf<Request>(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<{ readonly request: Request; readonly memo: Readonly<Record<string, unknown>> }> {
  const [started] = (await page(client, { workflowId, runId }, { maximumPageSize: 1 })).events;
  const { input, memo } = started?.workflowExecutionStartedEventAttributes ?? {};
  const { loadedDataConverter } = client.options;
  return {
    request: await decoded<Request>(client, input),
    memo: (await decodeMapFromPayloads(loadedDataConverter, memo?.fields)) ?? {},
  };
}

/** Results may have up to 2 MB each. */
const eventsAtOnce = 50;

/** The events of a run and of those that continue it. */
async function* eventsOf(client: Client, workflowId: string, firstRunId: string): AsyncGenerator<HistoryEvent> {
  for (let runId: string | undefined = firstRunId; runId; ) {
    let next: string | undefined;
    for (let token: Uint8Array | undefined; ; ) {
      const options = { maximumPageSize: eventsAtOnce, ...(token && { nextPageToken: token }) };
      const { events, nextPageToken } = await page(client, { workflowId, runId }, options);
      for (const event of events) {
        next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? next;
        yield event;
      }
      if (!nextPageToken?.length) break;
      token = nextPageToken;
    }
    runId = next;
  }
}

async function page(
  client: Client,
  execution: JourneyReference,
  options: { readonly maximumPageSize: number; readonly nextPageToken?: Uint8Array },
) {
  const { namespace } = client.options;
  const answer = await within(client, () =>
    client.workflowService.getWorkflowExecutionHistory({ namespace, execution, ...options }),
  );
  return { events: answer.history?.events ?? [], nextPageToken: answer.nextPageToken };
}

const answerWithinMs = 30_000;

function within<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return callingTemporal(() => client.withDeadline(Date.now() + answerWithinMs, call));
}

function decoded<T>(client: Client, encoded: proto.temporal.api.common.v1.IPayloads | null | undefined): Promise<T> {
  return decodeFromPayloadsAtIndex<T>(client.options.loadedDataConverter, 0, encoded?.payloads);
}
