import { setTimeout as sleep } from 'node:timers/promises';
import type { Journeys, JourneyView } from '../../src/journeys/index.js';
import { fastForward } from '../temporal-server/time-skipping.js';
import type { PlannedLead } from './truth.js';

/** How often time is forwarded for a journey that is not where it must end: each goal may need a few tries. */
const rounds = 12;
const atOnce = 12;

/** A journey that does not stand where it must. */
export interface Unsettled {
  readonly leadId: string;
  readonly wanted: string;
  readonly status: string;
  readonly view: JourneyView | undefined;
  /** Why it could not be looked at. */
  readonly error?: string;
}

/**
 * Lets every journey come to its end now that nothing disturbs it. The clock of those that wait, for a retry or in the slow
 * lane, is moved forward.
 *
 * @returns those that do not get there
 */
export async function settle(
  journeys: Journeys,
  leads: readonly PlannedLead[],
  onProgress: (settled: number) => void,
): Promise<Unsettled[]> {
  let open: readonly PlannedLead[] = leads;
  let unsettled: Unsettled[] = [];
  for (let round = 0; round < rounds && open.length > 0; round += 1) {
    if (round > 0) await inParallel(open, (lead) => forward(journeys, lead));
    const looks = await inParallel(open, (lead) => look(journeys, lead));
    unsettled = looks.filter((found) => found !== undefined);
    const ids = new Set(unsettled.map(({ leadId }) => leadId));
    open = open.filter(({ leadId }) => ids.has(leadId));
    onProgress(leads.length - open.length);
  }
  return unsettled;
}

/** Where a journey stands, if that is not where it must. A machine that is too busy to tell is asked again in the next round. */
async function look(journeys: Journeys, lead: PlannedLead): Promise<Unsettled | undefined> {
  return unsettledReason(journeys, lead).catch((error: unknown) => {
    return { leadId: lead.leadId, wanted: lead.ending, status: 'unknown', view: undefined, error: String(error) };
  });
}

async function unsettledReason(journeys: Journeys, { leadId, ending }: PlannedLead): Promise<Unsettled | undefined> {
  const { status } = await journeys.summary(leadId);
  if (status !== 'COMPLETED' && status !== 'RUNNING') return { leadId, wanted: ending, status, view: undefined };
  const view = await patiently(() => journeys.view(leadId));
  const { attention } = view;
  const isThere =
    ending === 'proven'
      ? status === 'COMPLETED' && view.stage === 'proven'
      : ending === 'open'
        ? attention === undefined && view.doing.startsWith('waiting for')
        : attention?.code === ending && attention.nextTryAt !== undefined;
  return isThere ? undefined : { leadId, wanted: ending, status, view };
}

/** Moves the clock of a journey. Whatever comes in between, such as its end, is seen at the next look. */
async function forward(journeys: Journeys, { leadId, ending }: PlannedLead): Promise<void> {
  // The reported payment waits for its lead for a day; a step's tries, and the pause after them, take an hour at most.
  const duration = ending === 'payment-without-lead' ? '25 hours' : '61 minutes';
  const journey = journeys.handle(leadId);
  await fastForward(journey, duration, { maxSessionSkipCount: 2_000 }).catch(() => sleep(200));
}

/** A worker that was just started may need a moment to answer. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(1_000);
    }
  }
}

/** Does something for each entry, a few at a time. The results are in the order of the entries. */
export async function inParallel<T, Result>(
  entries: readonly T[],
  work: (entry: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(entries.length);
  const queue = entries.entries();
  const worker = async () => {
    for (const [index, entry] of queue) results[index] = await work(entry);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
