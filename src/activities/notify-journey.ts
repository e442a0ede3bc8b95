import { activityInfo, getClient } from '@temporalio/activity';
import type { Duration } from '@temporalio/common';
import { tooLateTo } from '../domain/journey/attention.js';
import type { Instant } from '../domain/journey/instant.js';
import {
  JourneyNotFoundError,
  JourneyRefusedError,
  Journeys,
  NoWorkerError,
  TemporalUnavailableError,
} from '../starter.js';
import type { JourneyResult, Reports } from '../workflows/messages.js';
import { failing, temporalIsAway } from './failures.js';

interface Told {
  readonly account: string;
  readonly leadId: string;
  readonly billingCustomerId: string;
  readonly attemptTimeout?: Duration;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly reinstates?: true;
}

/** Tells a lead's journey of its billing customer, in one message; starts the journey if none is running. */
export async function handOver(told: Told): Promise<void> {
  const { account, leadId, billingCustomerId, attemptTimeout, trialStartedAt, paidAt, reinstates } = told;
  const reports: Reports = {
    ...(trialStartedAt !== undefined && { trialStarted: { occurredAt: trialStartedAt, billingCustomerId } }),
    ...(paidAt !== undefined && { paymentSucceeded: { occurredAt: paidAt, billingCustomerId } }),
    ...(reinstates && { reinstates }),
  };
  await asking('handOver', () => journeysOf(account, attemptTimeout).reported(leadId, reports));
}

interface Withdrawal {
  readonly account: string;
  readonly leadId: string;
  readonly billingCustomerId: string;
  readonly note: string;
  readonly isUnmerged?: true;
}

/** Takes a billing customer back from a lead's journey, unless a merge with it was asked for. */
export async function withdraw({
  account,
  leadId,
  ...request
}: Withdrawal): Promise<'withdrawn' | 'nothing-there' | { readonly refusal: string }> {
  const journeys = journeysOf(account);
  return asking('withdraw', async () => {
    try {
      const { status } = await journeys.summary(leadId);
      if (status === 'COMPLETED') {
        const end: Partial<JourneyResult> = await journeys.view(leadId);
        const isMerged = end.outcome === 'proven' && end.billingCustomerId === request.billingCustomerId;
        if (!isMerged) return 'nothing-there';
        // Unmerged, the lead is open again: its journey goes on, and must not recall that customer.
        if (!request.isUnmerged) return { refusal: tooLateTo.withdraw };
      } else if (status !== 'RUNNING') return 'nothing-there';
      await journeys.withdraw(leadId, request);
      return 'withdrawn';
    } catch (error) {
      if (error instanceof JourneyNotFoundError) return 'nothing-there';
      if (error instanceof JourneyRefusedError) return { refusal: error.message.replace(/^it /, '') };
      throw error;
    }
  });
}

/** Three calls fit into the time of an attempt. */
const callTimeout = '5 seconds';

/** What the gateway let in must not be refused here: it has checked the ids by its own settings. */
function journeysOf(account: string, attemptTimeout?: Duration): Journeys {
  const priority = activityInfo().priority?.priorityKey;
  return new Journeys({
    client: getClient(),
    account,
    allowEmailLeadIds: true,
    timeout: callTimeout,
    ...(attemptTimeout !== undefined && { attemptTimeout }),
    ...(priority !== undefined && { priority }),
  });
}

function asking<T>(activity: 'handOver' | 'withdraw', call: () => Promise<T>): Promise<T> {
  return failing(activity, () =>
    call().catch((error: unknown) => {
      const isAway = error instanceof TemporalUnavailableError || error instanceof NoWorkerError;
      throw isAway ? temporalIsAway(activity, error.message) : error;
    }),
  );
}
