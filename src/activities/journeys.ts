import { activityInfo, getClient } from '@temporalio/activity';
import type { Duration } from '@temporalio/common';
import { Journeys, NoWorkerError, TemporalUnavailableError } from '../journeys/index.js';
import { failing, temporalIsAway } from './failures.js';

/** Three calls fit into the time of an attempt. */
const callTimeout = '5 seconds';

/** What the gateway let in must not be refused here: it has checked the ids by its own settings. */
export function journeysOf(account: string, attemptTimeout?: Duration): Journeys {
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

export function askingTemporal<T>(activity: 'notifyJourney' | 'withdrawCustomer', call: () => Promise<T>): Promise<T> {
  return failing(activity, () =>
    call().catch((error: unknown) => {
      const isAway = error instanceof TemporalUnavailableError || error instanceof NoWorkerError;
      throw isAway ? temporalIsAway(activity, error.message) : error;
    }),
  );
}
