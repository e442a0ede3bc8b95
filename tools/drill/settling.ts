import { setTimeout as sleep } from 'node:timers/promises';
import type { AttentionCode } from '../../src/domain/journey/attention.js';
import type { Journeys, JourneyView } from '../../src/journeys/index.js';
import { fastForward } from '../temporal-server/time-skipping.js';
import type { PlannedLead } from './truth.js';

/** How often time is skipped for a journey that has not reached its expected state: each goal may need a few tries. */
const rounds = 12;
const atOnce = 12;

/** A journey that has not reached its expected state. */
export interface Unsettled {
  readonly leadId: string;
  readonly wanted: string;
  readonly status: string;
  readonly view: JourneyView | undefined;
  /** Why its state could not be read. */
  readonly error?: string;
}

export interface SettleOptions {
  /** Answers an attention that asks for a decision. Returns whether there was one to make. */
  readonly decide: (lead: PlannedLead, attention: AttentionCode | undefined) => Promise<boolean>;
  readonly onProgress: (settled: number) => void;
}

/**
 * Lets every journey reach its end after the faults are over. Skips time for journeys that wait for a retry or in the
 * slow lane.
 *
 * @returns the journeys that do not reach their expected state
 */
export async function settle(
  journeys: Journeys,
  leads: readonly PlannedLead[],
  { decide, onProgress }: SettleOptions,
): Promise<Unsettled[]> {
  let open: readonly PlannedLead[] = leads;
  let unsettled: Unsettled[] = [];
  for (let round = 0; round < rounds && open.length > 0; round += 1) {
    if (round > 0) {
      const codes = new Map(unsettled.map(({ leadId, view }) => [leadId, view?.attention?.code]));
      await inParallel(open, async (lead) => {
        if (!(await decide(lead, codes.get(lead.leadId)))) await forward(journeys, lead);
      });
    }
    const looks = await inParallel(open, (lead) => look(journeys, lead));
    unsettled = looks.filter((found) => found !== undefined);
    const ids = new Set(unsettled.map(({ leadId }) => leadId));
    open = open.filter(({ leadId }) => ids.has(leadId));
    onProgress(leads.length - open.length);
  }
  return unsettled;
}

/** The state of a journey if it is not the expected one. If reading it fails, the next round tries again. */
async function look(journeys: Journeys, lead: PlannedLead): Promise<Unsettled | undefined> {
  return unsettledReason(journeys, lead).catch((error: unknown) => {
    return { leadId: lead.leadId, wanted: lead.ending, status: 'unknown', view: undefined, error: String(error) };
  });
}

export async function unsettledReason(
  journeys: Journeys,
  { leadId, ending }: PlannedLead,
): Promise<Unsettled | undefined> {
  const {
    status: { name: status },
    raw,
  } = await journeys.handle(leadId).describe();
  const { pendingActivities, pendingWorkflowTask } = raw;
  const isIdle = (pendingActivities ?? []).length === 0 && pendingWorkflowTask == null;
  if (status !== 'COMPLETED' && status !== 'RUNNING') return { leadId, wanted: ending, status, view: undefined };
  const view = await patiently(() => journeys.view(leadId));
  const { attention } = view;
  const isThere =
    ending === 'proven'
      ? status === 'COMPLETED' && view.stage === 'proven'
      : ending === 'open'
        ? attention === undefined && isIdle
        : attention?.code === ending && attention.nextTryAt !== undefined;
  return isThere ? undefined : { leadId, wanted: ending, status, view };
}

/** Fast-forwards a journey's clock. The next check sees what happened, e.g. that the journey ended. */
export async function forward(journeys: Journeys, { leadId, ending }: PlannedLead): Promise<void> {
  // A reported payment waits a day for its lead; a step's attempts and the delay after them take at most an hour.
  const duration = ending === 'payment-without-lead' ? '25 hours' : '61 minutes';
  const journey = journeys.handle(leadId);
  await fastForward(journey, duration, { maxSessionSkipCount: 2_000 }).catch(() => sleep(200));
}

/** Retries, because a worker that was just started may need a moment to answer. */
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

/** Runs the work for all entries, a few at a time. The results are in entry order. */
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
