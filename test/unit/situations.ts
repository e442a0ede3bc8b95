import type { FunnelDates } from '../../src/domain/journey/dates.js';
import { type Facts, factsOf, joinFacts, noFacts } from '../../src/domain/journey/facts.js';
import type { Instant } from '../../src/domain/journey/instant.js';
import type { CustomerRecord, SourceId } from '../../src/domain/journey/records.js';
import type { Profile, Report } from '../../src/domain/journey/reports.js';

/** The lead and the billing customer of the tutorial, and its dates. */
export const leadId = 'cus_0001';
export const payer = 'cus_9TSLDKbqG2iKgK';
export const january = '2016-01-05T00:00:00Z';
export const february = '2016-02-10T05:15:10Z';
export const laterInFebruary = '2016-02-25T00:00:00Z';
export const march = '2016-03-01T00:00:00Z';

export const leadsId = (externalId: string = leadId): SourceId => ({ source: 'leads', externalId });
export const billingId = (externalId: string = payer): SourceId => ({ source: 'billing', externalId });
export const bothId = (externalId: string = leadId): SourceId => ({ source: 'both', externalId });
export const otherId = (externalId: string): SourceId => ({ source: 'other', externalId });

export function recordOf(
  uuid: string,
  ids: readonly SourceId[],
  dates: FunnelDates & { readonly isSubscriber?: boolean } = {},
): CustomerRecord {
  return { uuid, ids, isSubscriber: false, ...dates };
}

export const leadCreated = (occurredAt: Instant, profile?: Profile): Report => ({
  kind: 'leadCreated',
  occurredAt,
  ...(profile && { profile }),
});

export const trialStarted = (occurredAt: Instant, billingCustomerId?: string): Report => ({
  kind: 'trialStarted',
  occurredAt,
  ...(billingCustomerId !== undefined && { billingCustomerId }),
});

export const paid = (occurredAt: Instant, billingCustomerId: string | undefined = payer): Report => ({
  kind: 'paymentSucceeded',
  occurredAt,
  billingCustomerId,
});

/** A payment of a customer whose billing customer id is the lead's id. */
export const paidByLead = (occurredAt: Instant): Report => ({ kind: 'paymentSucceeded', occurredAt });

/** The facts of these reports, joined in this order. */
export function factsFrom(...reports: readonly Report[]): Facts {
  return reports.reduce((known, report) => joinFacts(known, factsOf(report, leadId)), noFacts);
}
