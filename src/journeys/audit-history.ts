import type { Client } from '@temporalio/client';
import { historyEvents, valuesOf } from '../temporal/history.js';
import { auditResults, type Difference, type DifferencesFound } from '../workflows/audit-messages.js';
import { Calls } from './calls.js';
import type { JourneyReference } from './options.js';

/** A difference, and what became of it: undefined if the journey was not restarted. */
export interface FoundDifference extends Difference {
  readonly isMended?: boolean;
}

/**
 * All differences that an audit found, from the results of its activities in the histories of its runs. The histories
 * are read twice: what became of a lead is known only at the end. Only the ids of the restarted leads are in memory.
 */
export async function* differencesOf(client: Client, audit: JourneyReference): AsyncGenerator<FoundDifference> {
  const outcomes = await outcomesOf(client, audit);
  for await (const { differences = [] } of resultsOf(client, audit)) yield* withOutcomes(differences, outcomes);
}

/** What became of each lead whose journey an audit restarted: whether it is mended, by lead id. */
export type Outcomes = ReadonlyMap<string, boolean>;

export async function outcomesOf(client: Client, audit: JourneyReference): Promise<Outcomes> {
  const outcomes = new Map<string, boolean>();
  for await (const { followed = [] } of resultsOf(client, audit)) {
    for (const { leadId, mended } of followed) outcomes.set(leadId, mended);
  }
  return outcomes;
}

export function withOutcomes(differences: readonly Difference[], outcomes: Outcomes): FoundDifference[] {
  return differences.map((difference) => {
    const isMended = outcomes.get(difference.leadId);
    return { ...difference, ...(isMended !== undefined && { isMended }) };
  });
}

const activities: ReadonlySet<string> = new Set(Object.values(auditResults));

/** The results of an audit's activities that have differences, in all of its runs. */
async function* resultsOf(client: Client, audit: JourneyReference): AsyncGenerator<DifferencesFound> {
  const calls = new Calls(client, { timeout: '30 seconds' });
  for (let run: string | undefined = await firstRunOf(client, audit); run; ) {
    const scheduled = new Set<string>();
    let next: string | null | undefined;
    for await (const event of calls.each(historyEvents(client, { ...audit, runId: run }))) {
      const { activityType } = event.activityTaskScheduledEventAttributes ?? {};
      if (activities.has(activityType?.name ?? '')) scheduled.add(`${event.eventId}`);
      const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes ?? {};
      if (scheduled.delete(`${scheduledEventId}`)) {
        const [found] = await valuesOf(client, result?.payloads);
        yield found as DifferencesFound; // a result of our activities
      }
      next ??= event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    run = next ?? undefined;
  }
}

/** The first of the runs that continue each other. */
async function firstRunOf(client: Client, { workflowId, runId }: JourneyReference): Promise<string> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { raw } = await new Calls(client, {}).temporal(() => handle.describe());
  return raw.workflowExecutionInfo?.firstRunId ?? runId;
}

/** The input and the memo with which a run was started. */
export async function startOf<Request>(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<{ readonly request: Request; readonly memo: Readonly<Record<string, unknown>> }> {
  const { namespace } = client.options;
  const { history } = await new Calls(client, {}).temporal(() =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  );
  const { input, memo } = history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
  const fields = Object.entries(memo?.fields ?? {});
  const [[request], values] = await Promise.all([
    valuesOf(client, input?.payloads),
    valuesOf(
      client,
      fields.map(([, payload]) => payload),
    ),
  ]);
  return { request: request as Request, memo: Object.fromEntries(fields.map(([name], at) => [name, values[at]])) };
}
