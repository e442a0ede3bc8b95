import type { Account } from './account.js';
import { formatDate, formatSince } from './dates.js';
import { countryName, stateName } from './places.js';
import type { Customer, Status, Subscription } from './records.js';

/**
 * A customer as the API shows it: keys, order, types and defaults as recorded 2025-03-14 (ruby client). Five keys are
 * hyphenated.
 */
export function viewCustomer({ store, knobs }: Account, customer: Customer): Record<string, unknown> {
  const { id, externalId, country, state, city, zip } = customer;
  const system = store.sources.get(customer.dataSourceUuid)?.system ?? knobs.sourceSystem;
  const mrr = runningSubscriptions(customer).reduce((sum, { mrrInCents }) => sum + mrrInCents, 0);
  return {
    id,
    uuid: customer.uuid,
    external_id: externalId,
    name: customer.name,
    email: customer.email,
    status: statusOf(customer),
    'customer-since': formatSince(customerSince(customer)),
    attributes: { custom: customer.custom, stripe: {}, tags: customer.tags },
    data_source_uuid: customer.dataSourceUuid,
    data_source_uuids: customer.sourceCustomers.map((part) => part.dataSourceUuid),
    external_ids: customer.sourceCustomers.map((part) => part.externalId),
    company: customer.company,
    ...{ country, state, city, zip },
    lead_created_at: formatDate(customer.leadCreatedAt),
    free_trial_started_at: formatDate(customer.freeTrialStartedAt),
    address: { country: countryName(country) ?? country, state: stateName(state), city, address_zip: zip },
    mrr,
    arr: mrr * 12,
    'billing-system-url': system === 'Stripe' ? `https://dashboard.stripe.com/customers/${externalId}` : null,
    'chartmogul-url': `https://app.chartmogul.com/#/customers/${id}-${slug(customer.company || customer.name)}`,
    'billing-system-type': system,
    currency: knobs.currency,
    'currency-sign': currencySign(knobs.currency),
    owner: customer.owner,
    website_url: customer.websiteUrl,
  };
}

/** Subscriber statuses are computed, lead statuses are set: help article 212811009. A trial changes neither. */
export function statusOf(customer: Customer): Status {
  if (customerSince(customer) === null) return customer.leadStatus;
  return runningSubscriptions(customer).length > 0 ? 'Active' : 'Cancelled';
}

/** When the first subscription began; null for a lead. */
export function customerSince(customer: Customer): number | null {
  const starts = customer.sourceCustomers.flatMap((part) => part.subscriptions.map(({ startedAt }) => startedAt));
  return starts.length === 0 ? null : Math.min(...starts);
}

function runningSubscriptions(customer: Customer): Subscription[] {
  const now = Date.now();
  return customer.sourceCustomers
    .flatMap((part) => part.subscriptions)
    .filter(({ cancelledAt }) => cancelledAt === null || cancelledAt > now);
}

/** Recorded: "Curry 36" became `Curry_36`. */
function slug(text: string): string {
  return text.replace(/[^\p{Letter}\p{Number}]+/gu, '_');
}

const signs = new Map<string, string>();

export function currencySign(currency: string): string {
  const known = signs.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  const sign = format.formatToParts(0).find(({ type }) => type === 'currency')?.value ?? currency;
  signs.set(currency, sign);
  return sign;
}
