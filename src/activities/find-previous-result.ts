import { activityInfo, getClient } from '@temporalio/activity';
import type { PreviousResult } from '../domain/journey/facts.js';
import { failing, temporalIsBehind } from './failures.js';

/**
 * Asks Temporal what the last journey of this lead knew when it was proven. A report that comes after a journey's end starts
 * a new one, which would otherwise know neither the payer nor the corrections of an operator. `none` if there was no journey,
 * if it ended so long ago that Temporal has forgotten it, or if an operator closed it: then what it knew was wrong.
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

/** The result of a journey, as far as it matters here; an older release may have known less. */
type JourneyEnd = Partial<PreviousResult> & { readonly outcome?: string };

/**
 * The id of the run that completed last. Only Temporal's visibility index knows earlier runs, and the index lags behind
 * the journeys by milliseconds to seconds: it is believed once it lists the current run, and no other run as running.
 */
async function lastCompleted(workflowId: string): Promise<string | undefined> {
  const currentRunId = activityInfo().workflowExecution?.runId;
  const query = `WorkflowId = "${workflowId.replace(/[\\"]/g, '\\$&')}"`;
  let listsCurrentRun = false;
  let last: { runId: string; endedAt: number } | undefined;
  for await (const { runId, status, closeTime } of getClient().workflow.list({ query })) {
    if (runId === currentRunId) listsCurrentRun = true;
    else if (status.name === 'RUNNING') throw temporalIsBehind('findPreviousResult');
    if (status.name !== 'COMPLETED') continue;
    const endedAt = closeTime?.getTime() ?? 0;
    if (last === undefined || endedAt > last.endedAt) last = { runId, endedAt };
  }
  if (!listsCurrentRun) throw temporalIsBehind('findPreviousResult');
  return last?.runId;
}
