import type { Sources } from '../chartmogul/sources.js';
import type { Customer } from '../chartmogul/types.js';
import { qualifiedId, splitId } from '../domain/billing/source.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import type { CustomerRecord, ForeignDateRule, SourceId, SourceRole } from '../domain/journey/records.js';

/** What an account decides for all its journeys; recorded with each record, so that a replay decides the same. */
export interface AccountSettings {
  /** Default: `ask`. */
  readonly foreignDates?: ForeignDateRule;
  /** Whether all billing customers that reports name for a lead are one person. Default: an operator decides. */
  readonly mergesCustomers?: boolean;
}

/** Keeps only the fields of a ChartMogul customer that a journey needs. Drops names and e-mail addresses. */
export function recordOf(
  customer: Customer,
  sources: Sources,
  { foreignDates, mergesCustomers }: AccountSettings = {},
): CustomerRecord {
  const leadCreatedAt = instantOf(customer.lead_created_at);
  const freeTrialStartedAt = instantOf(customer.free_trial_started_at);
  return {
    uuid: customer.uuid,
    ids: idsOf(customer, sources),
    ...(leadCreatedAt !== undefined && { leadCreatedAt }),
    ...(freeTrialStartedAt !== undefined && { freeTrialStartedAt }),
    // Old accounts have the single lead status `Lead`. Newer ones have four, which all end in `Lead`.
    isSubscriber: !customer.status.endsWith('Lead'),
    ...((foreignDates === 'keep' || foreignDates === 'replace') && { foreignDates }),
    ...(mergesCustomers && { mergesCustomers }),
  };
}

/** `external_ids` and `data_source_uuids` are parallel, and both include the primary customer. */
function idsOf(customer: Customer, sources: Sources): SourceId[] {
  const externalIds = customer.external_ids ?? [];
  const dataSourceUuids = customer.data_source_uuids ?? [];
  const pairs = externalIds.flatMap((externalId, index) => {
    const dataSourceUuid = dataSourceUuids[index];
    return dataSourceUuid === undefined ? [] : [{ externalId, dataSourceUuid }];
  });
  if (pairs.length === 0) {
    pairs.push({ externalId: customer.external_id, dataSourceUuid: customer.data_source_uuid });
  }
  return pairs.map(({ externalId, dataSourceUuid }) => idIn(dataSourceUuid, externalId, sources));
}

function idIn(dataSourceUuid: string, externalId: string, { furtherBilling = {}, ...sources }: Sources): SourceId {
  const further = Object.entries(furtherBilling).find(([, uuid]) => uuid === dataSourceUuid);
  if (further) return { source: 'billing', externalId: qualifiedId(further[0], externalId) };
  return { source: roleOf(dataSourceUuid, sources), externalId };
}

function roleOf(dataSourceUuid: string, { leads, billing }: Sources): SourceRole {
  if (dataSourceUuid === leads) return leads === billing ? 'both' : 'leads';
  return dataSourceUuid === billing ? 'billing' : 'other';
}

/** The UUID of a customer's billing source, and its id there. */
export function billingIdIn(
  { billing, furtherBilling = {} }: Sources,
  billingCustomerId: string,
): { readonly dataSourceUuid: string; readonly externalId: string } {
  const { source, externalId } = splitId(billingCustomerId, Object.keys(furtherBilling));
  return { dataSourceUuid: (source !== undefined && furtherBilling[source]) || billing, externalId };
}

/** ChartMogul returns RFC 3339 with milliseconds; a journey uses whole seconds. */
function instantOf(date: string | null | undefined): Instant | undefined {
  if (date === null || date === undefined || Number.isNaN(Date.parse(date))) return undefined;
  return formatInstant(new Date(date));
}
