import { randomUUID } from 'node:crypto';
import type { Account } from './account.js';
import { statusOf } from './customer-view.js';
import { merge } from './merging.js';
import type { IngestedCustomer } from './pending.js';
import { type Customer, newCustomer, type SourceCustomer } from './records.js';

/**
 * What ChartMogul's Stripe integration does with a customer, a trial or a payment: it creates or updates the record.
 * Without a payment the record is a New Lead: help article 203231962.
 */
export function ingest(account: Account, ingested: IngestedCustomer): void {
  const { store } = account;
  const billingSourceUuid = ingested.dataSourceUuid ?? account.sourceUuids().billingSourceUuid;
  if (!store.sources.get(billingSourceUuid)) return; // the source was deleted in the meantime
  const known = store.customers.find(billingSourceUuid, ingested.externalId);
  const wasActive = known !== undefined && statusOf(known) === 'Active';
  const customer = known ?? takeIn(account, billingSourceUuid, ingested);
  const part = customer.sourceCustomers.find(
    (candidate) => candidate.dataSourceUuid === billingSourceUuid && candidate.externalId === ingested.externalId,
  );
  dateTrial(account, customer, ingested.trialStartedAt);
  if (part && ingested.paidAt !== undefined) subscribe(account, part, ingested.paidAt, ingested.mrrInCents);
  store.customers.put(customer.uuid, customer);
  if (!known && account.knobs.autoMerge === 'external_id') absorbNamesakes(account, customer);
  if (!wasActive && statusOf(customer) === 'Active') account.onNewBusiness(customer);
}

function takeIn(account: Account, dataSourceUuid: string, { externalId, name, email }: IngestedCustomer): Customer {
  const customer = newCustomer(account.store.nextId(), dataSourceUuid, externalId);
  customer.name = name ?? '';
  customer.email = email ?? '';
  account.store.customers.put(customer.uuid, customer);
  return customer;
}

/** A Stripe trial dates the lead as well (help article 203231962). Existing dates do not change. */
function dateTrial({ knobs }: Account, customer: Customer, trialStartedAt: number | undefined): void {
  if (trialStartedAt === undefined) return;
  customer.freeTrialStartedAt ??= trialStartedAt;
  if (knobs.stripeTrialSetsLeadDate) customer.leadCreatedAt ??= trialStartedAt;
}

/** One subscription per Stripe customer: a later payment report can only move its start to an earlier date. */
function subscribe({ store }: Account, part: SourceCustomer, startedAt: number, mrrInCents: number): void {
  const [running] = part.subscriptions;
  if (running) {
    running.startedAt = Math.min(running.startedAt, startedAt);
    return;
  }
  const ids = { id: store.nextId(), uuid: randomUUID(), externalId: `sub_${part.externalId}` };
  part.subscriptions.push({ ...ids, startedAt, cancelledAt: null, mrrInCents });
}

/** The automation "customer created and classified as duplicate" by external id: help article 13705053532572. */
function absorbNamesakes(account: Account, customer: Customer): void {
  for (const namesake of [...account.store.customers.withExternalId(customer.externalId)]) {
    if (namesake !== customer) merge(account, namesake.uuid, customer.uuid);
  }
}
