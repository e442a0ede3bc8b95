import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { type Facts, leadDate, payerId, paymentDate, trialDate } from '../domain/journey/facts.js';
import { callingTemporal } from '../journeys/errors.js';
import type { JourneySummary, Journeys, JourneyView } from '../journeys/index.js';
import { summaryOf } from '../journeys/search.js';
import { millisecondsOf } from '../temporal/timestamps.js';

/** Where a journey of the import stands when it has nothing left to do by itself, or no journey any more. */
export type Rest = 'proven' | 'open' | 'attention' | 'closed' | 'ended';

/** How a lead got its record in ChartMogul. */
export type Origin = 'created' | 'adopted';

/**
 * Where a journey stands, from one `DescribeWorkflowExecution`: the server's own state and not its search index, so it is
 * true at the moment of the answer.
 */
export interface JourneyProgress {
  readonly summary: JourneySummary;
  /** Absent while a request is under way, queued, or paused before its next attempt. */
  readonly rest?: Rest;
  /** While all it does is pause before the next attempt: until when, in milliseconds since the epoch. */
  readonly pausesUntil?: number;
}

/** Undefined if there is no journey of this lead, or none that Temporal remembers. */
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
 * Whether a journey knows already all that a line says, so that to report it again would change nothing. It may know
 * better: joined facts are the earliest, and an operator's word stands above all reports.
 */
export async function knows(journeys: Journeys, { summary }: JourneyProgress, facts: Facts): Promise<boolean> {
  if (covers(summary, facts)) return true;
  if (summary.status !== 'COMPLETED') return false;
  // The search attributes do not tell of corrections, nor of ids that look like e-mail addresses; its last word does.
  const view = await within(journeys, () => journeys.handle(summary.leadId).result());
  return covers(view, facts);
}

/**
 * How the record came to be, from the journey's history. A record that was there before is always followed by the question
 * what earlier journeys knew of it.
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
  // A proven journey has its payer, perhaps by an operator's word; another one changes nothing any more.
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
