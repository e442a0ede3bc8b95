import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, Sandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import type { Journeys } from '../../src/starter.js';

const dates = { leadCreatedAt: '2018-01-05T00:00:00Z', paidAt: '2018-03-01T00:00:00Z' };

/** Live leads during an import: each is created, and pays a second later. */
export const liveLeads = Array.from({ length: 10 }, (_, index) => ({
  ...{ leadId: `live_${index}_`, customer: `payer_${index}_`, leadCreatedAt: dates.leadCreatedAt },
  ...{ createdAfterMs: Number.POSITIVE_INFINITY, lookedUpAfterMs: Number.POSITIVE_INFINITY },
}));

/** The time at which each id first occurred in a request. */
const seen = new Map<string, number>();

/** Called for every request to the sandbox. */
export function noteLive({ requestBody, query }: Pick<Exchange, 'requestBody' | 'query'>): void {
  const created = (requestBody as { external_id?: string } | undefined)?.external_id; // as the worker sends it
  const id = created ?? /external_id=([^&]*)/.exec(query)?.[1] ?? '';
  if (/^(?:live|payer)_/.test(id) && !seen.has(id)) seen.set(id, Date.now());
}

/** Measures from the report to the request. */
export async function measureLive(journeys: Journeys, sandbox: Sandbox): Promise<void> {
  for (const live of liveLeads) {
    const { leadId, customer } = live;
    sandbox.ingest({ external_id: customer, paid_at: dates.paidAt, delayMs: 0 });
    const reported = Date.now();
    await journeys.leadCreated(leadId, { occurredAt: dates.leadCreatedAt });
    live.createdAfterMs = (await seenAt(leadId)) - reported;
    await sleep(1_000);
    const paid = Date.now();
    await journeys.paymentSucceeded(leadId, { occurredAt: dates.paidAt, billingCustomerId: customer });
    live.lookedUpAfterMs = (await seenAt(customer)) - paid;
  }
}

async function seenAt(id: string): Promise<number> {
  for (;;) {
    const at = seen.get(id);
    if (at !== undefined) return at;
    await sleep(5);
  }
}
