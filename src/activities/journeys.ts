import { activityInfo, getClient } from '@temporalio/activity';
import type { Duration } from '@temporalio/common';
import { Journeys, NoWorkerError, TemporalUnavailableError } from '../journeys/index.js';
import { type ActivityName, failing, temporalIsAway } from './failures.js';

/** Three calls fit into one attempt. */
const callTimeout = '5 seconds';

/** Allows e-mail addresses as ids: the gateway has already checked the ids against its own settings. */
export function journeysOf(account: string, attemptTimeout?: Duration): Journeys {
  const priority = activityInfo().priority?.priorityKey;
  return new Journeys({
    client: getClient(),
    account,
    allowEmailLeadIds: true,
    timeout: callTimeout,
    workerTimeout: callTimeout,
    ...(attemptTimeout !== undefined && { attemptTimeout }),
    ...(priority !== undefined && { priority }),
  });
}

export function askingTemporal<T>(activity: ActivityName, call: () => Promise<T>): Promise<T> {
  return failing(activity, () =>
    call().catch((error: unknown) => {
      const isAway = error instanceof TemporalUnavailableError || error instanceof NoWorkerError;
      throw isAway ? temporalIsAway(activity, error.message) : error;
    }),
  );
}
