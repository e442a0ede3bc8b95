import { activityInfo, cancellationSignal, getClient, heartbeat, log } from '@temporalio/activity';
import { milliseconds } from '../domain/duration.js';
import type { Instant } from '../domain/journey/instant.js';
import { BillingCustomers } from '../journeys/index.js';
import { StripeApi } from '../stripe/api.js';
import { readingOptions } from '../stripe/reading-options.js';
import { type SweepFound, type SweepProgress, sweepStripe, totalOf } from '../stripe/sweep.js';
import { slicesOf } from '../stripe/sweep-plan.js';
import { heartbeatInterval } from '../workflows/policy.js';
import type { StripeSweepResult } from '../workflows/sweep-messages.js';
import type { Deps } from './deps.js';
import { notConfigured } from './failures.js';
import { askingTemporal } from './journeys.js';

export interface SweepInput {
  readonly account: string;
  readonly since: Instant;
  /** Defines the slices, together with `since`: every attempt has the same. */
  readonly startedAt: Instant;
}

type SweepOutput = Pick<StripeSweepResult, 'events' | 'missing' | 'unreadable' | 'examples'>;

/** How many events a result shows. */
const mostListed = 50;

/**
 * Reports what is in Stripe and not known yet. Heartbeats with its progress: the next attempt continues after the last
 * finished slice.
 */
export function sweepStripeActivity({ stripe: settings }: Deps) {
  return async ({ account, since, startedAt }: SweepInput): Promise<SweepOutput> => {
    if (settings === undefined) {
      throw notConfigured(
        'sweepStripe',
        `the worker of account ${account} has no STRIPE_API_KEY; set it and restart the worker`,
      );
    }
    const { api, reading, attemptTimeout } = settings;
    const { allowEmailLeadIds } = reading;
    const signal = cancellationSignal();
    const before: SweepProgress | undefined = activityInfo().heartbeatDetails;
    let progress = before;
    const timer = setInterval(() => heartbeat(progress), milliseconds(heartbeatInterval));
    try {
      return await askingTemporal('sweepStripe', async () => {
        const found = await sweepStripe({
          api: new StripeApi(api, signal),
          customers: new BillingCustomers({ client: getClient(), account, allowEmailLeadIds, attemptTimeout }),
          reading: () => readingOptions(reading, account),
          slices: slicesOf(since, startedAt),
          ...(before !== undefined && { after: before }),
          mostListed,
          onProgress: (latest) => {
            progress = latest;
          },
        }).catch((error: unknown) => {
          throw signal.aborted ? signal.reason : error;
        });
        return outputOf(found);
      });
    } finally {
      heartbeat(progress); // a failed attempt is repeated from here
      clearInterval(timer);
    }
  };
}

function outputOf(found: SweepFound): SweepOutput {
  const missing = found.missing.map(
    ({ type, id, billingCustomerId }) => `missing: ${type} ${id} of ${billingCustomerId}`,
  );
  const unreadable = found.unreadable.map(({ type, id }) => `unreadable: ${type} ${id}`);
  const output = {
    events: found.events,
    missing: totalOf(found, 'missing'),
    unreadable: totalOf(found, 'unreadable'),
    examples: [...missing, ...unreadable],
  };
  log[output.examples.length > 0 ? 'warn' : 'info']('swept Stripe', output);
  return output;
}
