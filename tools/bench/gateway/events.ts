import type { WireEvent } from '../../../test/support/taken-events.js';

const firstLeadAt = Date.parse('2016-01-05T00:00:00Z');

/** The date of an event, by its number: one event per minute. */
export function dateOf(number: number): string {
  return new Date(firstLeadAt + number * 60_000).toISOString().replace('.000Z', 'Z');
}

export function profileOf(leadId: string): Record<string, string> {
  return { name: 'Adam Smith', email: `${leadId}@example.com`, company: 'Smith Holdings', country: 'US' };
}

/** A new lead as an application reports it. */
export function leadCreated(leadId: string, number: number): WireEvent {
  return { type: 'lead.created', lead_id: leadId, occurred_at: dateOf(number), data: { profile: profileOf(leadId) } };
}

/** Returns a function that creates the events of consecutive leads: lead, trial and payment. */
export function eventsOfLeads(prefix: string): () => WireEvent {
  let number = -1;
  return () => {
    number += 1;
    const lead = Math.floor(number / 3);
    const leadId = `${prefix}_${lead}`;
    if (number % 3 === 0) return leadCreated(leadId, number);
    const fact = { lead_id: leadId, occurred_at: dateOf(number) };
    return number % 3 === 1
      ? { ...fact, type: 'trial.started' }
      : { ...fact, type: 'payment.succeeded', data: { billing_customer_id: `cus_${lead}` } };
  };
}
