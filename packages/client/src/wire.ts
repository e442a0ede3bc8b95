import { GatewayError } from './errors.js';
import type { Accepted, JourneyEvent } from './messages.js';

/**
 * An event as the gateway takes it.
 *
 * @param name how it is called in errors.
 * @throws TypeError for a field that is not known: left out, a misspelt `billingCustomerId` would find the wrong payer.
 */
export function toWire(event: JourneyEvent, name: string) {
  // Also where the type has none, so that the gateway refuses it.
  const { id, type, leadId, occurredAt, profile, billingCustomerId, ...unknown } = event as LooseEvent;
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw new TypeError(`${name} has a field that is not known: ${field}`);
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

/** A text goes as it is: the gateway says what is wrong with one, and a guess at a time zone would be a wrong date. */
function dateToWire(date: Date | string, name: string): string {
  if (!(date instanceof Date)) return date;
  if (Number.isNaN(date.getTime())) throw new TypeError(`${name} is an invalid Date`);
  return date.toISOString();
}

/** What is ours, in names as they are in JavaScript: `lead_created_at` becomes `leadCreatedAt`. */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [camelCase(name), fromWire(field)]));
}

/** @throws GatewayError if it is not what a gateway answers to an event that it has taken. */
export function readAccepted(body: unknown, name: string): Accepted {
  const answer = fromWire(body) as Partial<Accepted> | null; // looked at in the next line
  if (answer?.status === 'accepted' && typeof answer.journeyId === 'string') return answer as Accepted;
  throw notOurs(name);
}

export function notOurs(name: string): GatewayError {
  return new GatewayError(`${name}: the answer is not the gateway's; check the URL`, { isRetryable: false });
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
