import { type Facts, leadDate, otherCustomers, payerId, paymentDate, trialDate } from '../domain/journey/facts.js';
import type { JourneySummary, Journeys, JourneyView } from '../journeys/index.js';
import { type JourneyProgress, within } from '../journeys/progress.js';

/** How a lead got its record in ChartMogul. */
export type Origin = 'created' | 'adopted';

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
