import type { WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import { attentionSentences } from '../domain/journey/attention.js';
import type { Instant } from '../domain/journey/instant.js';
import { NoWorkerError } from '../journeys/errors.js';
import type { JourneySummary, Journeys, JourneyView } from '../journeys/index.js';
import { isPolled, startWorkerCommand } from '../journeys/workers.js';
import { instantOf } from '../temporal/timestamps.js';
import { chartMogulTaskQueue, workflowTaskQueue } from '../workflows/messages.js';

const { PendingActivityState } = proto.temporal.api.enums.v1;

/** Everything that is known about one journey. */
export interface JourneyRecord {
  readonly leadId: string;
  readonly account: string;
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
  readonly taskQueue: string;
  /** Whether a worker polls the queue: if none does, the request waits, without a limit. */
  readonly isPolled: boolean;
  readonly lastFailure?: string;
  readonly nextAttemptAt?: Instant;
}

/** Reads a journey from its worker and from Temporal's records. @throws JourneyNotFoundError */
export async function readJourney(journeys: Journeys, leadId: string): Promise<JourneyRecord> {
  const summary = await journeys.summary(leadId);
  const { workflowId, runId, status } = summary;
  const [view, description] = await Promise.all([viewIfAnswered(journeys, leadId), journeys.handle(leadId).describe()]);
  // Temporal may still list a request of a journey that was just closed.
  const pending = status === 'RUNNING' ? await pendingOf(description, journeys) : undefined;
  return {
    leadId,
    account: journeys.account,
    workflowId,
    runId,
    status,
    ...(view instanceof NoWorkerError
      ? { source: 'records', silence: await silenceOf(view, journeys), view: viewOfRecords(summary) }
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

/** Why the journey did not answer: no worker runs, or none answered in time. */
async function silenceOf({ message }: NoWorkerError, { client, account }: Journeys): Promise<string> {
  if (await isPolled(client, { name: workflowTaskQueue, kind: 'workflow' })) return message;
  return `No worker answers: none polls ${workflowTaskQueue}. Start one with \`${startWorkerCommand(account)}\`.`;
}

/** The view from the search attributes, which needs no worker. It lacks the ids of the records in ChartMogul. */
function viewOfRecords(summary: JourneySummary): ShownView {
  const { workflowId, runId, status, attention: code, startedAt, closedAt, ...known } = summary;
  return code === undefined ? known : { ...known, attention: { code, text: attentionSentences[code] } };
}

async function pendingOf(
  { raw }: WorkflowExecutionDescription,
  { client, account }: Journeys,
): Promise<PendingRequest | undefined> {
  const [activity] = raw.pendingActivities ?? [];
  if (!activity) return undefined;
  const { attempt, maximumAttempts, lastFailure, nextAttemptScheduleTime, state } = activity;
  const name = activity.activityType?.name ?? '';
  const taskQueue = activity.activityOptions?.taskQueue?.name ?? chartMogulTaskQueue(account);
  const isRunning = state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
  return {
    activity: name,
    isRunning,
    attempt: attempt ?? 1,
    maximumAttempts: maximumAttempts ?? 0,
    taskQueue,
    isPolled: await isPolled(client, { name: taskQueue, kind: 'activity' }),
    ...(lastFailure?.message && { lastFailure: lastFailure.message.replace(`${name}: `, '') }),
    ...(!isRunning && nextAttemptScheduleTime && { nextAttemptAt: instantOf(nextAttemptScheduleTime) }),
  };
}
