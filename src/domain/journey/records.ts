import type { Instant } from './instant.js';

/**
 * Which of the two sources of an account an id belongs to. `both`: leads and billing are one source, because the company
 * imports its customers through ChartMogul's API itself.
 */
export type SourceRole = 'leads' | 'billing' | 'both' | 'other';

/** One of the source customers that ChartMogul has joined in a record. */
export interface SourceId {
  readonly source: SourceRole;
  readonly externalId: string;
}

/** What a journey keeps of a ChartMogul customer: ids, dates, and whether it counts as a subscriber. Nothing personal. */
export interface CustomerRecord {
  readonly uuid: string;
  readonly ids: readonly SourceId[];
  readonly leadCreatedAt?: Instant;
  readonly freeTrialStartedAt?: Instant;
  readonly isSubscriber: boolean;
}

export function holdsLead(record: CustomerRecord, leadId: string): boolean {
  return record.ids.some((id) => isLeadsId(id) && id.externalId === leadId);
}

export function holdsPayer(record: CustomerRecord, billingCustomerId: string): boolean {
  return record.ids.some((id) => isBillingId(id) && id.externalId === billingCustomerId);
}

export function holdsAnyPayer(record: CustomerRecord): boolean {
  return record.ids.some(isBillingId);
}

/** Whether the record is merged with the billing source; where that is the leads source too, the lead's own id is no merge. */
export function isMergedWithPayer(record: CustomerRecord, leadId: string): boolean {
  return idsBeside(record, leadId).some(isBillingId);
}

/** The ids in the record beside the lead's own. */
export function idsBeside(record: CustomerRecord, leadId: string): SourceId[] {
  return record.ids.filter((id) => !(isLeadsId(id) && id.externalId === leadId));
}

/** Whether another lead lives in the record too: then its dates are not this journey's alone. */
export function holdsOtherLeads(record: CustomerRecord, leadId: string): boolean {
  return idsBeside(record, leadId).some(isLeadsId);
}

/** An id as it may be shown, unencrypted: some systems use e-mail addresses as ids. */
export function redactId(id: string): string {
  return id.includes('@') ? '(withheld)' : id;
}

function isLeadsId(id: SourceId): boolean {
  return id.source === 'leads' || id.source === 'both';
}

function isBillingId(id: SourceId): boolean {
  return id.source === 'billing' || id.source === 'both';
}
