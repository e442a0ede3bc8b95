import type { WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import { attentionSentences } from '../domain/journey/attention.js';
import type { Instant } from '../domain/journey/instant.js';
import { NoWorkerError } from '../journeys/errors.js';
import type { JourneySummary, Journeys, JourneyView } from '../journeys/index.js';
import { instantOf } from '../temporal/timestamps.js';

const { PendingActivityState } = proto.temporal.api.enums.v1;

/** Everything that is known about one journey. */
export interface JourneyRecord {
  readonly leadId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Temporal's status: `RUNNING`, `COMPLETED`, `CANCELLED`, ... */
  readonly status: string;
  /** Where the view comes from: the running journey, its result, or, if no worker answers, Temporal's records. */
  readonly source: 'journey' | 'result' | 'records';
  /** Why the journey could not be queried. */
  readonly silence?: string;
  readonly view: ShownView;
  /** The request that is in progress or waits for its next attempt. */
  readonly pending?: PendingRequest;
}

/** A view that may be incomplete. */
export type ShownView = Partial<Omit<JourneyView, 'attention'>> & {
  readonly attention?: Pick<Attention, 'code' | 'text'> & Partial<Attention>;
};
type Attention = NonNullable<JourneyView['attention']>;

/** The state of a request that the server knows and the journey does not. */
export interface PendingRequest {
  readonly activity: string;
  readonly isRunning: boolean;
  readonly attempt: number;
  /** 0: unlimited. */
  readonly maximumAttempts: number;
  readonly lastFailure?: string;
  readonly nextAttemptAt?: Instant;
}

/** Reads a journey from its worker and from Temporal's records. @throws JourneyNotFoundError */
export async function readJourney(journeys: Journeys, leadId: string): Promise<JourneyRecord> {
  const summary = await journeys.summary(leadId);
  const { workflowId, runId, status } = summary;
  const [view, description] = await Promise.all([viewIfAnswered(journeys, leadId), journeys.handle(leadId).describe()]);
  // Temporal may still list a request of a journey that was just closed.
  const pending = status === 'RUNNING' ? pendingOf(description) : undefined;
  return {
    leadId,
    workflowId,
    runId,
    status,
    ...(view instanceof NoWorkerError
      ? { source: 'records', silence: view.message, view: viewOfRecords(summary) }
      : { source: status === 'COMPLETED' ? 'result' : 'journey', view }),
    ...(pending && { pending }),
  };
}

async function viewIfAnswered(journeys: Journeys, leadId: string): Promise<JourneyView | NoWorkerError> {
  try {
    return await journeys.view(leadId);
  } catch (error) {
    if (error instanceof NoWorkerError) return error;
    throw error;
  }
}

/** The view from the search attributes, which needs no worker. It lacks the ids of the records in ChartMogul. */
function viewOfRecords(summary: JourneySummary): ShownView {
  const { workflowId, runId, status, attention: code, startedAt, closedAt, ...known } = summary;
  return code === undefined ? known : { ...known, attention: { code, text: attentionSentences[code] } };
}

function pendingOf({ raw }: WorkflowExecutionDescription): PendingRequest | undefined {
  const [activity] = raw.pendingActivities ?? [];
  if (!activity) return undefined;
  const { attempt, maximumAttempts, lastFailure, nextAttemptScheduleTime, state } = activity;
  const name = activity.activityType?.name ?? '';
  const isRunning = state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
  return {
    activity: name,
    isRunning,
    attempt: attempt ?? 1,
    maximumAttempts: maximumAttempts ?? 0,
    ...(lastFailure?.message && { lastFailure: lastFailure.message.replace(`${name}: `, '') }),
    ...(!isRunning && nextAttemptScheduleTime && { nextAttemptAt: instantOf(nextAttemptScheduleTime) }),
  };
}
