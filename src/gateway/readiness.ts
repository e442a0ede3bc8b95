import type { Duration } from '@temporalio/common';
import { unpolledQueues, unpolledReasons } from '../journeys/workers.js';
import { sharedAnswer } from '../runtime/shared-answer.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { CredentialRefusedError } from '../temporal/errors.js';
import type { GatewayConfig } from './config.js';

const answerWithin: Duration = '2 seconds';

/** How long an answer is kept: each question costs calls that Temporal Cloud limits, to 30 a second per namespace. */
const keptMs = 5_000;

/**
 * Checks that Temporal responds, and that workers take the tasks of journeys and of the requests of every account.
 * Returns why not. Probes within five seconds share one answer.
 */
export function readinessOf(client: ConnectedClient, accounts: readonly string[]): () => Promise<readonly string[]> {
  return sharedAnswer(keptMs, async () => {
    try {
      return unpolledReasons(await unpolledQueues(client, accounts, answerWithin));
    } catch (error) {
      const isRefused = error instanceof CredentialRefusedError;
      return [isRefused ? 'Temporal rejects the credentials of this gateway' : 'Temporal does not respond'];
    }
  });
}

/** The accounts whose events the gateway accepts. */
export function accountsOf({ keys, account, stripe, chartMogulWebhooks }: GatewayConfig): string[] {
  const callers = keys ?? [{ account }];
  return [...new Set([...callers, ...stripe.secrets, ...chartMogulWebhooks].map((entry) => entry.account))].sort();
}
