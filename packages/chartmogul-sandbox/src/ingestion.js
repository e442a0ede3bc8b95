import { randomUUID } from 'node:crypto';
import { statusOf } from './customer-view.js';
import { merge } from './merging.js';
import { newCustomer } from './records.js';
/**
 * What ChartMogul's Stripe integration does when a customer, a trial or a payment reaches it: makes the record or brings
 * it up to date. Without a payment the record is a New Lead: help article 203231962.
 */
export function ingest(account, ingested) {
    const { store } = account;
    const { billingSourceUuid } = account.sourceUuids();
    if (!store.sources.get(billingSourceUuid))
        return; // the source was deleted meanwhile
    const known = store.customers.find(billingSourceUuid, ingested.externalId);
    const wasActive = known !== undefined && statusOf(known) === 'Active';
    const customer = known ?? takeIn(account, billingSourceUuid, ingested);
    const part = customer.sourceCustomers.find((candidate) => candidate.dataSourceUuid === billingSourceUuid && candidate.externalId === ingested.externalId);
    dateTrial(account, customer, ingested.trialStartedAt);
    if (part && ingested.paidAt !== undefined)
        subscribe(account, part, ingested.paidAt, ingested.mrrInCents);
    store.customers.put(customer.uuid, customer);
    if (!known && account.knobs.autoMerge === 'external_id')
        absorbNamesakes(account, customer);
    if (!wasActive && statusOf(customer) === 'Active')
        account.onNewBusiness(customer);
}
function takeIn(account, dataSourceUuid, { externalId, name, email }) {
    const customer = newCustomer(account.store.nextId(), dataSourceUuid, externalId);
    customer.name = name ?? '';
    customer.email = email ?? '';
    account.store.customers.put(customer.uuid, customer);
    return customer;
}
/** A Stripe trial dates the lead as well (help article 203231962). Dates that are there already are left alone. */
function dateTrial({ knobs }, customer, trialStartedAt) {
    if (trialStartedAt === undefined)
        return;
    customer.freeTrialStartedAt ??= trialStartedAt;
    if (knobs.stripeTrialSetsLeadDate)
        customer.leadCreatedAt ??= trialStartedAt;
}
/** One subscription a Stripe customer: a later report of a payment only ever moves its start to an earlier date. */
function subscribe({ store }, part, startedAt, mrrInCents) {
    const [running] = part.subscriptions;
    if (running) {
        running.startedAt = Math.min(running.startedAt, startedAt);
        return;
    }
    const ids = { id: store.nextId(), uuid: randomUUID(), externalId: `sub_${part.externalId}` };
    part.subscriptions.push({ ...ids, startedAt, cancelledAt: null, mrrInCents });
}
/** The automation "customer created and classified as duplicate" by external id: help article 13705053532572. */
function absorbNamesakes(account, customer) {
    for (const namesake of [...account.store.customers.withExternalId(customer.externalId)]) {
        if (namesake !== customer)
            merge(account, namesake.uuid, customer.uuid);
    }
}
//# sourceMappingURL=ingestion.js.map