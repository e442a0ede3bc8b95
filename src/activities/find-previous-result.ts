import { activityInfo, getClient } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { PreviousResult } from '../domain/journey/facts.js';
import { expectedMiss, failing } from './failures.js';

export interface FindPreviousResultInput {
  readonly workflowId: string;
  /** The run that has ended, if the sender of the first message knew it. */
  readonly runId?: string;
  /** The lead's record is merged already, so there probably was a journey. */
  readonly isExpected?: boolean;
}

/**
 * Reads the result of this lead's last proven journey from Temporal. A report that arrives after a journey's end starts
 * a new journey, which would otherwise know neither the payer nor an operator's corrections. `none` if there was no
 * journey, if Temporal no longer retains it, or if an operator closed it: what a closed journey knew may be wrong.
 */
export async function findPreviousResult({
  workflowId,
  runId,
  isExpected = false,
}: FindPreviousResultInput): Promise<PreviousResult | 'none'> {
  return failing('findPreviousResult', async () => {
    const known = runId === undefined ? undefined : await resultOf(workflowId, runId);
    const result = known ?? (await lastResult(workflowId, isExpected));
    return result?.outcome === 'proven' ? previousResultOf(result) : 'none';
  });
}

/** What a journey knows that its next one begins with. */
export function previousResultOf(result: JourneyEnd): PreviousResult {
  const { paidAt, billingCustomerId, corrections = {}, withdrawals, payerDates, otherLeads, payerTrial } = result;
  const { leadCreatedAt, trialStartedAt } = result.ownDates ?? result;
  return {
    ...(leadCreatedAt !== undefined && { leadCreatedAt }),
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(paidAt !== undefined && { paidAt }),
    ...(billingCustomerId !== undefined && { billingCustomerId }),
    corrections,
    ...(withdrawals !== undefined && { withdrawals }),
    ...(payerDates !== undefined && { payerDates }),
    ...(otherLeads !== undefined && { otherLeads }),
    ...(payerTrial !== undefined && { payerTrial }),
  };
}

/** The result of one run. Undefined if it has none: it was terminated, cancelled, or deleted after the retention. */
async function resultOf(workflowId: string, runId: string): Promise<JourneyEnd | undefined> {
  try {
    return await getClient().workflow.getHandle(workflowId, runId).result();
  } catch (error) {
    if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The result of the last completed run that Temporal's visibility index lists. */
async function lastResult(workflowId: string, isExpected: boolean): Promise<JourneyEnd | undefined> {
  const last = await lastCompleted(workflowId);
  if (last !== undefined) return resultOf(workflowId, last);
  if (isExpected && activityInfo().attempt < attemptsIfExpected) {
    const text = 'the record is merged, but Temporal does not list an earlier journey of its lead yet';
    throw expectedMiss('findPreviousResult', 'Unavailable', text);
  }
  return undefined;
}

/** About half a minute: far more than the index needs. After that the earlier journey is taken as never retained. */
const attemptsIfExpected = 6;

/** The fields of a journey's result that are used here. Results of older releases may have fewer. */
type JourneyEnd = Partial<PreviousResult> & {
  readonly outcome?: string;
  readonly ownDates?: Pick<PreviousResult, 'leadCreatedAt' | 'trialStartedAt'>;
};

/**
 * The id of the run that completed last. Only Temporal's visibility index lists earlier runs, and it lags by
 * milliseconds to seconds. It is up to date once it lists the current run and shows no other run as running.
 */
async function lastCompleted(workflowId: string): Promise<string | undefined> {
  const currentRunId = activityInfo().workflowExecution?.runId;
  const query = runsQuery(workflowId);
  let listsCurrentRun = false;
  let last: { runId: string; endedAt: number } | undefined;
  for await (const { workflowId: id, runId, status, closeTime } of getClient().workflow.list({ query })) {
    if (id !== workflowId) continue;
    if (runId === currentRunId) listsCurrentRun = true;
    else if (status.name === 'RUNNING' && (await exists(workflowId, runId))) throw indexIsBehind();
    if (status.name !== 'COMPLETED') continue;
    const endedAt = closeTime?.getTime() ?? 0;
    if (last === undefined || endedAt > last.endedAt) last = { runId, endedAt };
  }
  if (!listsCurrentRun) throw indexIsBehind();
  return last?.runId;
}

/**
 * All runs of a workflow, and perhaps of others: Temporal's SQL stores find no id with a quotation mark or a backslash,
 * however it is escaped, so such an id is searched by what is before it.
 */
function runsQuery(workflowId: string): string {
  const [plain = ''] = /^[^"'\\]*/.exec(workflowId) ?? [];
  return plain === workflowId ? `WorkflowId = "${plain}"` : `WorkflowId STARTS_WITH "${plain}"`;
}

/** Whether Temporal has a run that its index lists: an index that was restored from a later backup lists others. */
async function exists(workflowId: string, runId: string): Promise<boolean> {
  try {
    await getClient().workflow.getHandle(workflowId, runId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function indexIsBehind() {
  return expectedMiss('findPreviousResult', 'Unavailable', "Temporal's visibility index is not up to date yet");
}
