import type { WorkflowExecutionDescription } from '@temporalio/client';
import { tsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { attentionSentences } from '../domain/journey/attention.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import { NoWorkerError } from '../journeys/errors.js';
import type { JourneySummary, Journeys, JourneyView } from '../starter.js';
import { fetchJourneyHistory } from './history.js';
import { type TimelineEntry, type TimelineOptions, timelineOf } from './timeline.js';

const { PendingActivityState } = proto.temporal.api.enums.v1;

/** All that can be told of one journey. */
export interface JourneyRecord {
  readonly leadId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** As Temporal calls it: `RUNNING`, `COMPLETED`, `CANCELLED`, ... */
  readonly status: string;
  /** Who told the view: the running journey, its result, or, if no worker answers, Temporal's records alone. */
  readonly source: 'journey' | 'result' | 'records';
  /** Why the journey itself could not be asked. */
  readonly silence?: string;
  readonly view: ShownView;
  /** The request under way or between two attempts. */
  readonly pending?: PendingRequest;
  readonly timeline: readonly TimelineEntry[];
  /** False if the timeline lacks earlier runs, which Temporal has forgotten. */
  readonly isWhole: boolean;
}

/** A view of which only a part may be known. */
export type ShownView = Partial<Omit<JourneyView, 'attention'>> & {
  readonly attention?: Pick<Attention, 'code' | 'text'> & Partial<Attention>;
};
type Attention = NonNullable<JourneyView['attention']>;

/** What the server knows of a request and the journey does not. */
export interface PendingRequest {
  readonly activity: string;
  readonly isRunning: boolean;
  readonly attempt: number;
  /** 0: without limit. */
  readonly maximumAttempts: number;
  readonly lastFailure?: string;
  readonly nextAttemptAt?: Instant;
}

/** Collects what the journey, its worker and Temporal's records say. @throws JourneyNotFoundError */
export async function readJourney(
  journeys: Journeys,
  leadId: string,
  options: TimelineOptions = {},
): Promise<JourneyRecord> {
  const summary = await journeys.summary(leadId);
  const { workflowId, runId, status } = summary;
  const [view, description, { happenings, isWhole }] = await Promise.all([
    viewIfAnswered(journeys, leadId),
    journeys.handle(leadId).describe(),
    fetchJourneyHistory(journeys.client, workflowId, runId),
  ]);
  const timeline = timelineOf(happenings, options);
  const pending = pendingOf(description);
  return {
    leadId,
    workflowId,
    runId,
    status,
    ...(view instanceof NoWorkerError
      ? { source: 'records', silence: view.message, view: viewOfRecords(summary, timeline) }
      : { source: status === 'COMPLETED' ? 'result' : 'journey', view }),
    ...(pending && { pending }),
    timeline,
    isWhole,
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

/** What search attributes and history tell without a worker: nearly all, but not what the records in ChartMogul are. */
function viewOfRecords(summary: JourneySummary, timeline: readonly TimelineEntry[]): ShownView {
  const { workflowId, runId, status, attention: code, startedAt, closedAt, ...known } = summary;
  if (code === undefined) return known;
  const raised = timeline.findLast(({ kind, text }) => kind === 'attention' && text.endsWith(code));
  const pause = timeline.findLast(({ kind, outcome }) => kind === 'pause' && outcome === undefined);
  return {
    ...known,
    attention: {
      code,
      text: attentionSentences[code],
      ...(raised && { since: raised.at }),
      ...(pause?.until !== undefined && { nextTryAt: pause.until }),
    },
  };
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
    ...(!isRunning && nextAttemptScheduleTime && { nextAttemptAt: formatInstant(tsToDate(nextAttemptScheduleTime)) }),
  };
}
