import { GatewayError } from './errors.js';
import type { Accepted, JourneyEvent } from './messages.js';

/**
 * Converts an event to the gateway's format.
 *
 * @param name the name of the event in errors.
 * @throws TypeError for an unknown field: if a misspelt `billingCustomerId` were ignored, the payer would be wrong.
 */
export function toWire(event: JourneyEvent, name: string) {
  // `billingCustomerId` is sent even if the type does not have it, so that the gateway rejects it.
  const { id, type, leadId, occurredAt, profile, billingCustomerId, ...unknown } = event as LooseEvent;
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw new TypeError(`${name} has an unknown field: ${field}`);
  const hasData = profile !== undefined || billingCustomerId !== undefined;
  return {
    id,
    type,
    lead_id: leadId,
    occurred_at: dateToWire(occurredAt, `${name}.occurredAt`),
    ...(hasData && { data: { profile, billing_customer_id: billingCustomerId } }),
  };
}

type LooseEvent = JourneyEvent & { readonly billingCustomerId?: string };

/** A string is sent unchanged: the gateway validates it, and a guessed time zone would produce a wrong date. */
function dateToWire(date: Date | string, name: string): string {
  if (!(date instanceof Date)) return date;
  if (Number.isNaN(date.getTime())) throw new TypeError(`${name} is an invalid Date`);
  return date.toISOString();
}

/** Converts field names to camel case: `lead_created_at` becomes `leadCreatedAt`. */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [camelCase(name), fromWire(field)]));
}

/** @throws GatewayError if the body is not the gateway's response to an accepted event. */
export function readAccepted(body: unknown, name: string): Accepted {
  const answer = fromWire(body) as Partial<Accepted> | null; // checked in the next line
  if (answer?.status === 'accepted' && typeof answer.journeyId === 'string') return answer as Accepted;
  throw notOurs(name);
}

export function notOurs(name: string): GatewayError {
  return new GatewayError(`${name}: the response is not from the gateway; check the URL`, { isRetryable: false });
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
