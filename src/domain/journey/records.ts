import type { Instant } from './instant.js';

/**
 * Which of an account's two sources an id belongs to. `both`: leads and billing share one source, because the company
 * imports its customers through ChartMogul's API.
 */
export type SourceRole = 'leads' | 'billing' | 'both' | 'other';

/** One of the source customers that ChartMogul has merged into a record. */
export interface SourceId {
  readonly source: SourceRole;
  readonly externalId: string;
}

/**
 * What to do with an earlier date on a merged record that nothing known explains: let an operator decide, keep it, or
 * replace it with the journey's own. A setting of the account.
 */
export type ForeignDateRule = 'ask' | 'keep' | 'replace';

/** What a journey stores of a ChartMogul customer: ids, dates, and whether it is a subscriber. No personal data. */
export interface CustomerRecord {
  readonly uuid: string;
  readonly ids: readonly SourceId[];
  readonly leadCreatedAt?: Instant;
  readonly freeTrialStartedAt?: Instant;
  readonly isSubscriber: boolean;
  /** The lead was unmerged from a record that had earlier dates than its own, and they are still on this record. */
  readonly isUnmerged?: true;
  /** The account's setting when the record was read. Default: `ask`. */
  readonly foreignDates?: Exclude<ForeignDateRule, 'ask'>;
  /** The account's setting: all billing customers that reports name for a lead are one person. Default: an operator decides. */
  readonly mergesCustomers?: true;
}

export function holdsLead(record: CustomerRecord, leadId: string): boolean {
  return record.ids.some((id) => isLeadsId(id) && id.externalId === leadId);
}

/**
 * The leads in the record. If leads and customers share one source, none: an id may then be a customer as well.
 */
export function leadIdsIn(record: CustomerRecord): string[] {
  return record.ids.filter(({ source }) => source === 'leads').map(({ externalId }) => externalId);
}

export function holdsPayer(record: CustomerRecord, billingCustomerId: string): boolean {
  return record.ids.some((id) => isBillingId(id) && id.externalId === billingCustomerId);
}

export function holdsAnyPayer(record: CustomerRecord): boolean {
  return record.ids.some(isBillingId);
}

/** Whether the record is merged with a billing customer. The lead's own id does not count, even in a shared source. */
export function isMergedWithPayer(record: CustomerRecord, leadId: string): boolean {
  return idsBeside(record, leadId).some(isBillingId);
}

/** The ids in the record other than the lead's own. */
export function idsBeside(record: CustomerRecord, leadId: string): SourceId[] {
  return record.ids.filter((id) => !(isLeadsId(id) && id.externalId === leadId));
}

/** Whether the record holds another lead too, so that other journeys also write its dates. */
export function holdsOtherLeads(record: CustomerRecord, leadId: string): boolean {
  return idsBeside(record, leadId).some(isLeadsId);
}

/** The other leads in the record. */
export function otherLeadsIn(record: CustomerRecord, leadId: string): string[] {
  return idsBeside(record, leadId)
    .filter(isLeadsId)
    .map(({ externalId }) => externalId);
}

/** Redacts an id for unencrypted display: some systems use e-mail addresses as ids. */
export function redactId(id: string): string {
  return id.includes('@') ? '(withheld)' : id;
}

function isLeadsId(id: SourceId): boolean {
  return id.source === 'leads' || id.source === 'both';
}

export function isBillingId(id: SourceId): boolean {
  return id.source === 'billing' || id.source === 'both';
}
