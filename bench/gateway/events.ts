/** An event as it goes over the wire. */
export interface BenchEvent {
  readonly type: 'lead.created' | 'trial.started' | 'payment.succeeded';
  readonly lead_id: string;
  readonly occurred_at: string;
  readonly data: { readonly profile?: Readonly<Record<string, string>>; readonly billing_customer_id?: string };
}

const firstLeadAt = Date.parse('2016-01-05T00:00:00Z');

/** When the lead with this number came: one a minute. */
export function createdAt(number: number): string {
  return new Date(firstLeadAt + number * 60_000).toISOString().replace('.000Z', 'Z');
}

/** As an application tells of a new lead. */
export function leadCreated(leadId: string, number: number): BenchEvent {
  return {
    type: 'lead.created',
    lead_id: leadId,
    occurred_at: createdAt(number),
    data: { profile: profileOf(leadId) },
  };
}

export function profileOf(leadId: string): Record<string, string> {
  return { name: 'Adam Smith', email: `${leadId}@example.com`, company: 'Smith Holdings', country: 'US' };
}
