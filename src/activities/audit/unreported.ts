import type { Journeys } from '../../journeys/index.js';
import { progressOf } from '../../journeys/progress.js';

/** As many as fit into one query of the visibility store. */
const idsAtOnce = 200;
/** Each costs a call. Beyond that, the visibility store is believed, which may lag by seconds. */
const mostAsked = 500;

/** Those of the leads that have no journey, neither running nor one that Temporal retains. */
export async function unreported(journeys: Journeys, leadIds: readonly string[]): Promise<string[]> {
  const listed = new Set<string>();
  for (let at = 0; at < leadIds.length; at += idsAtOnce) {
    const filter = { leadIds: leadIds.slice(at, at + idsAtOnce), includeClosed: true };
    for await (const { leadId } of journeys.list(filter)) listed.add(leadId);
  }
  const left = leadIds.filter((leadId) => !listed.has(leadId));
  const found: string[] = [];
  for (const [at, leadId] of left.entries()) {
    if (at >= mostAsked || (await progressOf(journeys, leadId)) === undefined) found.push(leadId);
  }
  return found;
}
