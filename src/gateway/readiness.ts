import type { Duration } from '@temporalio/common';
import { unpolledQueues, unpolledText } from '../journeys/workers.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { CredentialRefusedError } from '../temporal/errors.js';
import type { GatewayConfig } from './config.js';
import type { Readiness } from './operations.js';

const answerWithin: Duration = '2 seconds';

/** Checks that Temporal responds, and that workers poll for journeys and for the requests of every account. */
export async function readinessOf(client: ConnectedClient, accounts: readonly string[]): Promise<Readiness> {
  try {
    const unpolled = await unpolledQueues(client, accounts, answerWithin);
    return unpolled.length === 0 ? { isReady: true } : { isReady: false, reason: unpolledText(unpolled) };
  } catch (error) {
    const isRefused = error instanceof CredentialRefusedError;
    return {
      isReady: false,
      reason: isRefused ? "Temporal refuses the gateway's credential" : 'Temporal does not respond',
    };
  }
}

/** The accounts whose events the gateway accepts. */
export function accountsOf({ keys, account, stripe, chartMogulWebhooks }: GatewayConfig): string[] {
  const callers = keys ?? [{ account }];
  return [...new Set([...callers, ...stripe.secrets, ...chartMogulWebhooks].map((entry) => entry.account))].sort();
}
