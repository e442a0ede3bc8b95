import { messagesOf } from '../../domain/journey/reports-of.js';
import { JourneyNotFoundError, JourneyRefusedError } from '../../journeys/index.js';
import { progressOf } from '../../journeys/progress.js';
import type { Mended } from '../../workflows/audit-messages.js';
import { journeysOf } from '../journeys.js';
import type { ExpectedCache } from './expected-cache.js';
import { longRunning } from './long-running.js';
import type { AuditPart } from './parts.js';

export interface RestartInput extends AuditPart {
  readonly leadIds: readonly string[];
}

export interface FollowOutput {
  readonly followed: readonly Mended[];
  /** Those whose journey is not at rest yet. */
  readonly pending: readonly string[];
}

/** Calls to Temporal at the same time. */
const callsAtOnce = 10;

/**
 * Starts the journeys of leads again with what they knew and what the file tells: each looks at its record and does what
 * is left. May be repeated.
 */
export function restartJourneysActivity(cache: ExpectedCache) {
  return async (input: RestartInput): Promise<void> =>
    longRunning('restartJourneys', async () => {
      const journeys = journeysOf(input.account);
      const expected = await cache.of(journeys, input);
      /** What the journey does not know by itself: what the file tells, or all if it ended without a result. */
      const factsToReport = async (leadId: string) => {
        const progress = await progressOf(journeys, leadId);
        const at = expected.indexOf(leadId);
        const isForgotten = progress === undefined || progress.rest === 'ended';
        return isForgotten && at !== undefined ? expected.expectation(at).facts : expected.inFile(leadId);
      };
      await eachOf(input.leadIds, async (leadId) => {
        const facts = await factsToReport(leadId);
        for (const message of facts === undefined ? [] : messagesOf(facts)) await journeys.reported(leadId, message);
        try {
          await journeys.retry(leadId);
        } catch (error) {
          const isOver = error instanceof JourneyRefusedError || error instanceof JourneyNotFoundError;
          if (!isOver) throw error; // closed, or forgotten by Temporal, meanwhile
        }
      });
    });
}

export interface FollowInput {
  readonly account: string;
  readonly leadIds: readonly string[];
  /** Journeys that are not at rest yet count as failed. */
  readonly isLast: boolean;
}

/** What became of restarted journeys. */
export function followMendedActivity() {
  return async ({ account, leadIds, isLast }: FollowInput): Promise<FollowOutput> =>
    longRunning('followMended', async () => {
      const journeys = journeysOf(account);
      const followed: Mended[] = [];
      const pending: string[] = [];
      await eachOf(leadIds, async (leadId) => {
        const progress = await progressOf(journeys, leadId);
        const isMoving = progress !== undefined && progress.rest === undefined;
        if (isMoving && !isLast) pending.push(leadId);
        else
          followed.push(mendedOf(leadId, isMoving ? 'still under way' : progress?.rest, progress?.summary.attention));
      });
      return { followed, pending };
    });
}

function mendedOf(leadId: string, rest: string | undefined, attention: string | undefined): Mended {
  const mended = rest === 'proven' || rest === 'open';
  return { leadId, mended, ...(!mended && { detail: attention ?? rest ?? 'no journey' }) };
}

async function eachOf(leadIds: readonly string[], work: (leadId: string) => Promise<void>): Promise<void> {
  const waiting = leadIds.values();
  const workOneByOne = async () => {
    for (const leadId of waiting) await work(leadId);
  };
  await Promise.all(Array.from({ length: callsAtOnce }, workOneByOne));
}
