import { activityInfo, getClient } from '@temporalio/activity';
import type { PreviousResult } from '../domain/journey/facts.js';
import { expectedMiss, failing } from './failures.js';

/**
 * Reads the result of this lead's last proven journey from Temporal. A report that arrives after a journey's end starts
 * a new journey, which would otherwise know neither the payer nor an operator's corrections. `none` if there was no
 * journey, if Temporal no longer retains it, or if an operator closed it: what a closed journey knew may be wrong.
 */
export async function findPreviousResult({
  workflowId,
}: {
  readonly workflowId: string;
}): Promise<PreviousResult | 'none'> {
  return failing('findPreviousResult', async () => {
    const last = await lastCompleted(workflowId);
    if (last === undefined) return 'none';
    const result: JourneyEnd = await getClient().workflow.getHandle(workflowId, last).result();
    const { outcome, leadCreatedAt, trialStartedAt, paidAt, billingCustomerId, corrections = {}, withdrawals } = result;
    if (outcome !== 'proven') return 'none';
    return {
      ...(leadCreatedAt !== undefined && { leadCreatedAt }),
      ...(trialStartedAt !== undefined && { trialStartedAt }),
      ...(paidAt !== undefined && { paidAt }),
      ...(billingCustomerId !== undefined && { billingCustomerId }),
      corrections,
      ...(withdrawals !== undefined && { withdrawals }),
    };
  });
}

/** The fields of a journey's result that are used here. Results of older releases may have fewer. */
type JourneyEnd = Partial<PreviousResult> & { readonly outcome?: string };

/**
 * The id of the run that completed last. Only Temporal's visibility index lists earlier runs, and it lags by
 * milliseconds to seconds. It is up to date once it lists the current run and shows no other run as running.
 */
async function lastCompleted(workflowId: string): Promise<string | undefined> {
  const currentRunId = activityInfo().workflowExecution?.runId;
  const query = `WorkflowId = "${workflowId.replace(/[\\"]/g, '\\$&')}"`;
  let listsCurrentRun = false;
  let last: { runId: string; endedAt: number } | undefined;
  for await (const { runId, status, closeTime } of getClient().workflow.list({ query })) {
    if (runId === currentRunId) listsCurrentRun = true;
    else if (status.name === 'RUNNING') throw indexIsBehind();
    if (status.name !== 'COMPLETED') continue;
    const endedAt = closeTime?.getTime() ?? 0;
    if (last === undefined || endedAt > last.endedAt) last = { runId, endedAt };
  }
  if (!listsCurrentRun) throw indexIsBehind();
  return last?.runId;
}

function indexIsBehind() {
  return expectedMiss('findPreviousResult', 'Unavailable', "Temporal's visibility index is not up to date yet");
}
