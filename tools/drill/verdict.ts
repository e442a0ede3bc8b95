import type { JourneySummary } from '../../src/journeys/index.js';
import { journeyRoutes } from './chaos.js';
import { isHarmless, type TaskFailure } from './histories.js';
import type { DrillResult } from './result.js';
import type { PlannedLead } from './truth.js';

/** Something that must not be, and where it was found. */
export interface Finding {
  readonly what: string;
  readonly found: readonly string[];
}

/** Everything that must not be, in the order in which people want to know it. A drill is fine if nothing was found. */
export function findingsOf(result: DrillResult): Finding[] {
  const { audit, unsettled, attention, histories, badEnds } = result;
  return [
    { what: 'lost', found: audit.lost },
    { what: 'duplicate records', found: audit.duplicates },
    { what: 'records with wrong ids', found: audit.wrongIds },
    { what: 'records with wrong dates', found: audit.wrongDates },
    { what: 'two payers merged, or asked to be', found: audit.mergedPayers },
    { what: "strangers' records changed", found: audit.changedStrangers },
    { what: 'journeys not where they must be', found: unsettled.map((journey) => JSON.stringify(journey)) },
    { what: 'attention too much or missing', found: attention.wrong },
    { what: 'journeys failed', found: histories.endedWrong },
    {
      what: 'bad workflow task failures',
      found: histories.taskFailures.filter((failure) => !isHarmless(failure)).map(describeFailure),
    },
    { what: 'processes ended by themselves', found: badEnds.map((end) => JSON.stringify(end)) },
    { what: 'too little disturbed', found: undisturbed(result) },
  ];
}

/** Whether no fault lost a journey. */
export function isFine(result: DrillResult): boolean {
  return findingsOf(result).every(({ found }) => found.length === 0);
}

export function describeFailure({ workflowId, eventId, cause, came, handledBy }: TaskFailure): string {
  const then = came.length > 0 ? `then ${came.join(', ')}` : 'nothing came';
  const handled = handledBy === undefined ? 'never handled' : `handled by event ${handledBy}`;
  return `${workflowId}, event ${eventId}: ${cause}; ${then}, ${handled}`;
}

/** Those of which the list that people look at says something else than it must. */
export function wrongAttention(
  leads: readonly PlannedLead[],
  listed: readonly Pick<JourneySummary, 'leadId' | 'attention'>[],
): string[] {
  const wanted = new Map(leads.map(({ leadId, ending }) => [leadId, attentionOf(ending)]));
  const shown = new Map(listed.map(({ leadId, attention }) => [leadId, attention]));
  return [...new Set([...wanted.keys(), ...shown.keys()])]
    .filter((leadId) => wanted.get(leadId) !== shown.get(leadId))
    .map((leadId) => `${leadId}: ${shown.get(leadId) ?? 'none'} in place of ${wanted.get(leadId) ?? 'none'}`);
}

function attentionOf(ending: PlannedLead['ending']): string | undefined {
  return ending === 'proven' || ending === 'open' ? undefined : ending;
}

/** A drill that breaks nothing proves nothing: each process dies in its work, and each request of a journey meets faults. */
function undisturbed({ kills, faults }: DrillResult): string[] {
  const spared = ['worker', 'server', 'sandbox'].filter((target) => !kills[target]?.withWorkInFlight);
  const unharmed = journeyRoutes.filter((route) => !faults.byRoute[route]);
  return [
    ...spared.map((target) => `no kill of a ${target} with work in flight`),
    ...unharmed.map((route) => `no fault at ${route}`),
  ];
}
