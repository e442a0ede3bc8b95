import type { FastifyRequest } from 'fastify';
import type { BillingAdapter, BillingReading } from '../domain/billing/adapter.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problems.js';
import type { UnknownTypes } from './unknown-types.js';

/**
 * Signals the facts in a billing system's webhook to the `billingCustomer` workflow of its customer.
 *
 * @param request its body must be the raw bytes.
 * @returns the result, as in the log and the metrics, once Temporal has the facts
 * @throws ProblemError
 */
export async function receiveFacts(
  adapter: BillingAdapter,
  parts: Parts,
  unknownTypes: UnknownTypes,
  request: FastifyRequest,
): Promise<string> {
  const { metrics } = parts;
  const source = adapter.name;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const read = adapter.verify(body, request.headers);
  if (!read.isVerified) {
    metrics.refusals.inc({ source, reason: read.reason });
    throw new ProblemError('signature-refused', read.message);
  }
  const { account, event, facts } = read;
  const count = (result: string) => {
    const type = result === 'unknown-type' ? unknownTypes.count(event.type) : labelOf(event.type, adapter);
    metrics.received({ source, type, result });
    Object.assign(request.logFields, { type, event: event.id, account, mode: event.mode, result });
    return result;
  };

  logLink(request, facts);
  if (facts.kind === 'ignored') return count(facts.reason);
  if (facts.kind === 'unreadable') {
    count('unreadable');
    const errors = facts.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    throw new ProblemError('unreadable-event', adapter.unreadableHelp, { errors });
  }
  const { billingCustomerId, report } = facts;
  await parts
    .limitConcurrency(() => parts.billingCustomers(account).reported(billingCustomerId, report))
    .catch((error: unknown) => {
      count('not_taken');
      throw error;
    });
  request.logFields.billingCustomer = billingCustomerId;
  return count('accepted');
}

/** Logs which rule named the lead, or that the lead id is unusable; never the value. */
function logLink({ logFields }: FastifyRequest, facts: BillingReading): void {
  if (facts.kind === 'unreadable') return;
  if (facts.kind === 'report') {
    logFields.rule = facts.report.link?.rule ?? (facts.report.suggestedLeadId === undefined ? 'none' : 'suggestion');
  }
  if (facts.unusableLeadIds.length > 0) logFields.unusableLeadIds = facts.unusableLeadIds;
}

/** The event type as a metric label: a known type or `other`, to bound the number of labels. */
function labelOf(type: unknown, { eventTypes }: BillingAdapter): string {
  return eventTypes.find((known) => known === type) ?? 'other';
}
