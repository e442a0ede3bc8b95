import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { decodeArrayFromPayloads, decodeMapFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { tsToDate, tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { formatInstant, type Instant } from '../domain/journey/instant.js';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;
const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** The journey's code threw, or does not fit its history: it stands still until a worker with other code comes. */
const bugs = [
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
];

/** What happened to a journey, as Temporal recorded it, with everything decoded that a timeline needs. */
export type Happening = { readonly at: Instant } & (
  | { readonly what: 'started'; readonly isContinued: boolean }
  | { readonly what: 'signalled' | 'updated'; readonly name: string; readonly input: unknown }
  | { readonly what: 'requested'; readonly id: string; readonly activity: string; readonly summary?: string }
  | { readonly what: 'attempted'; readonly request: string; readonly attempt: number }
  | { readonly what: 'answered'; readonly request: string; readonly result: unknown }
  | { readonly what: 'failed'; readonly request: string; readonly message: string }
  | { readonly what: 'interrupted'; readonly request: string }
  | { readonly what: 'pausing'; readonly id: string; readonly summary?: string; readonly until: Instant }
  | { readonly what: 'resumed'; readonly pause: string; readonly how: 'fired' | 'woken' }
  | { readonly what: 'shown'; readonly attributes: Readonly<Record<string, unknown>> }
  | { readonly what: 'stuck'; readonly message: string }
  | { readonly what: 'ended'; readonly how: End; readonly message?: string }
);

export type End = 'completed' | 'failed' | 'timed out' | 'cancelled' | 'terminated' | 'continued';

export interface JourneyHistory {
  readonly happenings: readonly Happening[];
  /** False if Temporal has forgotten earlier runs of a journey that was continued as new. */
  readonly isWhole: boolean;
}

/** Fetches what happened to a journey in all runs that it was continued in, oldest first. */
export async function fetchJourneyHistory(
  client: Client,
  workflowId: string,
  lastRunId: string,
): Promise<JourneyHistory> {
  const runs: Happening[][] = [];
  for (let runId = lastRunId; runId; ) {
    const events = await eventsOf(client, workflowId, runId);
    if (events === undefined) return { happenings: runs.flat(), isWhole: false };
    runs.unshift(await readEvents(client, runId, events));
    runId = events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  }
  return { happenings: runs.flat(), isWhole: true };
}

async function eventsOf(client: Client, workflowId: string, runId: string): Promise<HistoryEvent[] | undefined> {
  try {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return events ?? [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function readEvents(client: Client, runId: string, events: readonly HistoryEvent[]): Promise<Happening[]> {
  const reader = new EventReader(client, runId);
  const happenings: Happening[] = [];
  for (const event of events) {
    const happening = await reader.read(event);
    if (happening) happenings.push({ at: formatInstant(tsToDate(event.eventTime ?? {})), ...happening });
  }
  return happenings;
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

/** Reads the events of one run. Ids are unique over all runs. */
class EventReader {
  constructor(
    private readonly client: Client,
    private readonly runId: string,
  ) {}

  async read(event: HistoryEvent): Promise<WithoutTime<Happening> | undefined> {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        return {
          what: 'started',
          isContinued: !!event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId,
        };
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: {
        const { signalName, input } = event.workflowExecutionSignaledEventAttributes ?? {};
        return { what: 'signalled', name: signalName ?? '', input: await this.first(input) };
      }
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: {
        const { input } = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest ?? {};
        return { what: 'updated', name: input?.name ?? '', input: await this.first(input?.args) };
      }
      case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: {
        const { indexedFields } = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes ?? {};
        // Search attributes pass no codec: the server has to read them.
        return { what: 'shown', attributes: (await decodeMapFromPayloads(this.uncoded(), indexedFields)) ?? {} };
      }
      case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: {
        const { cause, failure } = event.workflowTaskFailedEventAttributes ?? {};
        // The other causes are races that the server settles by itself.
        return cause && bugs.includes(cause) ? { what: 'stuck', message: failure?.message ?? '' } : undefined;
      }
      default:
        return (await this.readActivity(event)) ?? (await this.readTimer(event)) ?? readEnd(event);
    }
  }

  private async readActivity(event: HistoryEvent): Promise<WithoutTime<Happening> | undefined> {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: {
        const activity = event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
        return { what: 'requested', id: this.id(event.eventId), activity, ...(await this.summary(event)) };
      }
      case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: {
        const { scheduledEventId, attempt } = event.activityTaskStartedEventAttributes ?? {};
        return { what: 'attempted', request: this.id(scheduledEventId), attempt: attempt ?? 1 };
      }
      case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: {
        const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes ?? {};
        return { what: 'answered', request: this.id(scheduledEventId), result: await this.first(result) };
      }
      case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: {
        const { scheduledEventId, failure } = event.activityTaskFailedEventAttributes ?? {};
        return { what: 'failed', request: this.id(scheduledEventId), message: failure?.message ?? '' };
      }
      case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: {
        const { scheduledEventId } = event.activityTaskTimedOutEventAttributes ?? {};
        return { what: 'failed', request: this.id(scheduledEventId), message: 'no answer in time' };
      }
      case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
        return { what: 'interrupted', request: this.id(event.activityTaskCanceledEventAttributes?.scheduledEventId) };
      // With TRY_CANCEL the journey goes on at once, whatever becomes of the request.
      case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
        return {
          what: 'interrupted',
          request: this.id(event.activityTaskCancelRequestedEventAttributes?.scheduledEventId),
        };
      default:
        return undefined;
    }
  }

  private async readTimer(event: HistoryEvent): Promise<WithoutTime<Happening> | undefined> {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_TIMER_STARTED: {
        const { startToFireTimeout } = event.timerStartedEventAttributes ?? {};
        const until = formatInstant(new Date(tsToMs(event.eventTime) + tsToMs(startToFireTimeout)));
        return { what: 'pausing', id: this.id(event.eventId), until, ...(await this.summary(event)) };
      }
      case EventType.EVENT_TYPE_TIMER_FIRED:
        return { what: 'resumed', pause: this.id(event.timerFiredEventAttributes?.startedEventId), how: 'fired' };
      case EventType.EVENT_TYPE_TIMER_CANCELED:
        return { what: 'resumed', pause: this.id(event.timerCanceledEventAttributes?.startedEventId), how: 'woken' };
      default:
        return undefined;
    }
  }

  private id(eventId: { toString(): string } | null | undefined): string {
    return `${this.runId}/${eventId}`;
  }

  private async first(payloads: { payloads?: Payload[] | null } | null | undefined): Promise<unknown> {
    const [first] = await decodeArrayFromPayloads(this.client.options.loadedDataConverter, payloads?.payloads);
    return first;
  }

  private async summary({ userMetadata }: HistoryEvent): Promise<{ summary?: string }> {
    const summary = userMetadata?.summary && (await this.first({ payloads: [userMetadata.summary] }));
    return typeof summary === 'string' ? { summary } : {};
  }

  private uncoded() {
    return { ...this.client.options.loadedDataConverter, payloadCodecs: [] };
  }
}

function readEnd(event: HistoryEvent): WithoutTime<Happening> | undefined {
  switch (event.eventType) {
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
      return { what: 'ended', how: 'completed' };
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: {
      const { failure } = event.workflowExecutionFailedEventAttributes ?? {};
      return { what: 'ended', how: 'failed', message: failure?.message ?? '' };
    }
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
      return { what: 'ended', how: 'timed out' };
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
      return { what: 'ended', how: 'cancelled' };
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: {
      const { reason } = event.workflowExecutionTerminatedEventAttributes ?? {};
      return { what: 'ended', how: 'terminated', ...(reason && { message: reason }) };
    }
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
      return { what: 'ended', how: 'continued' };
    default:
      return undefined;
  }
}
