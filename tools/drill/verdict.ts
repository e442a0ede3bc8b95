import type { JourneySummary } from '../../src/journeys/index.js';
import { journeyRoutes } from './chaos.js';
import { isHarmless, type TaskFailure } from './histories.js';
import type { DrillResult } from './result.js';
import type { PlannedLead } from './truth.js';
import { firstBuild, secondBuild } from './versions.js';

/** A kind of problem, and where it was found. */
export interface Finding {
  readonly what: string;
  readonly found: readonly string[];
}

/** All kinds of problems, most important first. A drill is fine if none was found. */
export function findingsOf(result: DrillResult): Finding[] {
  const { audit, unsettled, attention, histories, badEnds } = result;
  return [
    { what: 'lost', found: audit.lost },
    { what: 'duplicate records', found: audit.duplicates },
    { what: 'records with wrong ids', found: audit.wrongIds },
    { what: 'records with wrong dates', found: audit.wrongDates },
    { what: 'foreign dates unsaid', found: audit.foreignDatesUnsaid },
    { what: 'payers merged, or merge requested', found: audit.mergedPayers },
    { what: "strangers' records changed", found: audit.changedStrangers },
    { what: 'journeys in an unexpected state', found: unsettled.map((journey) => JSON.stringify(journey)) },
    { what: 'wrong or missing attention', found: attention.wrong },
    { what: "operator's requests refused", found: result.refused },
    { what: 'journeys failed', found: histories.endedWrong },
    {
      what: 'unexpected workflow task failures',
      found: histories.taskFailures.filter((failure) => !isHarmless(failure)).map(describeFailure),
    },
    { what: 'unexpected process exits', found: badEnds.map((end) => JSON.stringify(end)) },
    { what: 'missing kills or faults', found: undisturbed(result) },
  ];
}

/** Whether no fault lost a journey. */
export function isFine(result: DrillResult): boolean {
  return findingsOf(result).every(({ found }) => found.length === 0);
}

export function describeFailure({ workflowId, eventId, cause, came, handledBy }: TaskFailure): string {
  const then = came.length > 0 ? `then ${came.join(', ')}` : 'no event';
  const handled = handledBy === undefined ? 'not handled' : `handled by event ${handledBy}`;
  return `${workflowId}, event ${eventId}: ${cause}; ${then}, ${handled}`;
}

/** The leads with an unexpected entry, or a missing one, in the list of journeys that need attention. */
export function wrongAttention(
  leads: readonly PlannedLead[],
  listed: readonly Pick<JourneySummary, 'leadId' | 'attention'>[],
): string[] {
  const wanted = new Map(leads.map(({ leadId, ending }) => [leadId, attentionOf(ending)]));
  const shown = new Map(listed.map(({ leadId, attention }) => [leadId, attention]));
  return [...new Set([...wanted.keys(), ...shown.keys()])]
    .filter((leadId) => wanted.get(leadId) !== shown.get(leadId))
    .map((leadId) => `${leadId}: ${shown.get(leadId) ?? 'none'} instead of ${wanted.get(leadId) ?? 'none'}`);
}

function attentionOf(ending: PlannedLead['ending']): string | undefined {
  return ending === 'proven' || ending === 'open' ? undefined : ending;
}

/**
 * A drill must kill each process during its work, each route of a journey must meet faults, both versions must work, and
 * people must make every planned change.
 */
function undisturbed({ kills, faults, changes, histories }: DrillResult): string[] {
  const spared = ['worker', 'server', 'sandbox'].filter((target) => !kills[target]?.withWorkInFlight);
  const unharmed = journeyRoutes.filter((route) => !faults.byRoute[route]);
  const unchanged = Object.entries(changes).filter(([, { planned, made }]) => made < planned);
  const idle = [firstBuild, secondBuild].filter((build) => !histories.tasksByBuild[build]);
  return [
    ...unchanged.map(([kind, { planned, made }]) => `${made} of ${planned} journeys were ${kind}`),
    ...idle.map((build) => `version ${build} did no work`),
    ...(histories.continued === 0 ? ['no journey was taken over by another version'] : []),
    ...spared.map((target) => `${target} was never killed with work in flight`),
    ...unharmed.map((route) => `no fault on ${route}`),
  ];
}
