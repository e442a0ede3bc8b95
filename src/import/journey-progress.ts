import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { type Facts, leadDate, otherCustomers, payerId, paymentDate, trialDate } from '../domain/journey/facts.js';
import { callingTemporal } from '../journeys/errors.js';
import type { JourneySummary, Journeys, JourneyView } from '../journeys/index.js';
import { summaryOf } from '../journeys/search.js';
import { millisecondsOf } from '../temporal/timestamps.js';

/** The state of a journey that has nothing left to do until it receives a message, or that has ended. */
export type Rest = 'proven' | 'open' | 'attention' | 'closed' | 'ended';

/** How a lead got its record in ChartMogul. */
export type Origin = 'created' | 'adopted';

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

/**
 * Whether a journey already knows all facts of a line, so that reporting them again would change nothing. Its own facts
 * may differ: joined facts are the earliest, and an operator's correction overrides all reports.
 */
export async function knows(journeys: Journeys, { summary }: JourneyProgress, facts: Facts): Promise<boolean> {
  if (covers(summary, facts)) {
    if (otherCustomers(facts).length === 0 || summary.status !== 'RUNNING') return true;
    // An import that was killed may have reported the first customer only. A repeated report changes nothing.
    const { notices } = await within(journeys, () => journeys.view(summary.leadId));
    return notices.some(({ code }) => code === 'other-payers');
  }
  if (summary.status !== 'COMPLETED') return false;
  // The search attributes have no corrections and no ids that look like e-mail addresses; the result has both.
  const view = await within(journeys, () => journeys.handle(summary.leadId).result());
  return covers(view, facts);
}

/**
 * How the lead got its record, from the journey's history. After the journey adopts an existing record, it always looks
 * for the result of an earlier journey.
 */
export async function originOf(journeys: Journeys, { workflowId, runId }: JourneySummary): Promise<Origin | undefined> {
  const { client } = journeys;
  const { history } = await within(journeys, () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 100,
    }),
  );
  const scheduled = (history?.events ?? []).map(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name,
  );
  if (scheduled.includes('findPreviousResult')) return 'adopted';
  return scheduled.includes('createLead') ? 'created' : undefined;
}

type Known = Pick<JourneySummary, 'leadCreatedAt' | 'trialStartedAt' | 'paidAt' | 'billingCustomerId'> &
  Partial<Pick<JourneyView, 'corrections'>> & { readonly stage?: JourneySummary['stage'] };

function covers(known: Known, facts: Facts): boolean {
  const { corrections = {} } = known;
  const isKnown = (date: 'leadCreatedAt' | 'trialStartedAt' | 'paidAt', said: string | undefined) =>
    said === undefined || corrections[date] !== undefined || (known[date] ?? 'later than any date') <= said;
  const payer = payerId(facts);
  const isOtherPayer = payer !== undefined && payer !== known.billingCustomerId;
  // A proven journey has its payer, perhaps set by an operator; another payer no longer changes anything.
  if (isOtherPayer && (known.stage !== 'proven' || known.billingCustomerId === undefined)) return false;
  return (
    isKnown('leadCreatedAt', leadDate(facts)) &&
    isKnown('trialStartedAt', trialDate(facts)) &&
    (isOtherPayer || isKnown('paidAt', paymentDate(facts)))
  );
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

function within<T>({ client }: Journeys, call: () => Promise<T>): Promise<T> {
  return callingTemporal(() => client.withDeadline(Date.now() + answerWithinMs, call));
}
