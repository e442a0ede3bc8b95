import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { millisecondsOf } from '../temporal/timestamps.js';
import { callingTemporal } from './errors.js';
import type { Journeys } from './journeys.js';
import { type JourneySummary, summaryOf } from './search.js';

/** The state of a journey that has nothing left to do until it receives a message, or that has ended. */
export type Rest = 'proven' | 'open' | 'attention' | 'closed' | 'ended';

/**
 * The state of a journey from one `DescribeWorkflowExecution`, which reads the server's own state and not its search
 * index, so it is up to date.
 */
export interface JourneyProgress {
  readonly summary: JourneySummary;
  /** Absent while a request is in progress, queued, or waiting for its next attempt. */
  readonly rest?: Rest;
  /** The time of the next attempt, in milliseconds since the epoch, if the journey only waits for it. */
  readonly pausesUntil?: number;
}

/** Undefined if the lead has no journey, or none that Temporal still retains. */
export async function progressOf(journeys: Journeys, leadId: string): Promise<JourneyProgress | undefined> {
  try {
    const description = await within(journeys, () => journeys.handle(leadId).describe());
    const summary = summaryOf(journeys.account, description);
    if (isMoving(description)) return { summary, ...pauseOf(description) };
    return { summary, rest: restOf(summary) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function isMoving({ status, raw }: WorkflowExecutionDescription): boolean {
  const { pendingActivities, pendingWorkflowTask } = raw;
  return status.name === 'RUNNING' && ((pendingActivities ?? []).length > 0 || pendingWorkflowTask != null);
}

function pauseOf({ raw }: WorkflowExecutionDescription): { pausesUntil?: number } {
  const { pendingActivities, pendingWorkflowTask } = raw;
  if (pendingWorkflowTask != null) return {};
  const nextAttempts = (pendingActivities ?? []).map(({ nextAttemptScheduleTime }) =>
    nextAttemptScheduleTime ? millisecondsOf(nextAttemptScheduleTime) : 0,
  );
  const pausesUntil = Math.min(...nextAttempts);
  return pausesUntil > 0 ? { pausesUntil } : {};
}

function restOf({ status, stage, attention }: JourneySummary): Rest {
  if (status === 'COMPLETED') return stage === 'proven' ? 'proven' : 'closed';
  if (status !== 'RUNNING') return 'ended';
  return attention === undefined ? 'open' : 'attention';
}

const answerWithinMs = 10_000;

/** Makes a call to Temporal with a timeout. @throws TemporalUnavailableError */
export function within<T>({ client }: Journeys, call: () => Promise<T>): Promise<T> {
  return callingTemporal(() => client.withDeadline(Date.now() + answerWithinMs, call));
}
