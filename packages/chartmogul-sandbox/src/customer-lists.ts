import type { Account } from './account.js';
import { type Answer, invalid, missing, refuse } from './answers.js';
import { customerSince, statusOf, viewCustomer } from './customer-view.js';
import { carryOut } from './jobs.js';
import { takePage, viewPage } from './paging.js';
import { type Customer, leadStatuses, subscriberStatuses } from './records.js';
import type { ApiRequest } from './routes.js';

interface Filter {
  dataSourceUuid: string | null;
  externalId: string | null;
  system: string | null;
  status: string | null;
}

/** `GET /v1/customers`: no match is 200 with no entries. Several records may have the same external id. */
export function listCustomers(account: Account, { query }: ApiRequest): Answer {
  const filter = readFilter(query);
  countLookup(account, filter);
  const matching = (id = 0): Iterable<Customer> => findMatching(account, filter, id);
  const page = takePage(query, matching, customerSince);
  const total = (): number => (isUnfiltered(filter) ? account.store.customers.size : count(matching()));
  const pages = page.isFirst ? Math.max(1, Math.ceil(total() / page.perPage)) : null;
  return { status: 200, body: viewPage(page, view(account, page.entries), pages) };
}

/** `GET /v1/customers/search?email=`: no match is 404. Recorded 2023-10-30, ruby client. */
export function searchCustomers(account: Account, { query }: ApiRequest): Answer {
  const email = query.get('email');
  if (!email) throw missing('email');
  const associated = query.get('with_associated_emails') === 'true' ? contactEmails(account, email) : new Set<string>();
  const isMatch = (customer: Customer): boolean => isSame(customer.email, email) || associated.has(customer.uuid);
  const page = takePage(query, (id = 0) => filtered(account.store.customers.after(id), isMatch), customerSince);
  if (page.entries.length === 0 && page.isFirst)
    throw refuse(404, `Can't find any customers with email: "${email}"`, 'email');
  return { status: 200, body: viewPage(page, view(account, page.entries), null) }; // recorded: total_pages is null here
}

/** Customers with this e-mail address, for calls that tag by e-mail. */
export function customersWithEmail({ store }: Account, email: string): Customer[] {
  return [...filtered(store.customers.after(0), (customer) => isSame(customer.email, email))];
}

function readFilter(query: URLSearchParams): Filter {
  const text = (key: string): string | null => query.get(key) || null;
  return {
    dataSourceUuid: text('data_source_uuid'),
    externalId: text('external_id'),
    system: text('system'),
    status: readStatus(text('status')),
  };
}

/** Filters use `New_Lead`; answers use `New Lead`. */
function readStatus(text: string | null): string | null {
  if (text === null) return null;
  const status = [...leadStatuses, ...subscriberStatuses].find((candidate) => candidate.replaceAll(' ', '_') === text);
  if (!status) throw invalid('status');
  return status;
}

/** A lookup that could have found a customer of the integration counts for `afterLookups`. */
function countLookup(account: Account, { dataSourceUuid, externalId, system }: Filter): void {
  const isForBilling = dataSourceUuid === null || dataSourceUuid === account.sourceUuids().billingSourceUuid;
  if (externalId === null || !isForBilling || (system !== null && system !== 'Stripe')) return;
  for (const job of account.pending.countLookup(externalId)) carryOut(account, job);
}

function findMatching(account: Account, filter: Filter, afterId: number): Iterable<Customer> {
  const { customers } = account.store;
  const isMatch = (customer: Customer): boolean => customer.id > afterId && matches(account, customer, filter);
  if (filter.externalId === null) {
    return isUnfiltered(filter) ? customers.after(afterId) : filtered(customers.after(afterId), isMatch);
  }
  if (filter.dataSourceUuid === null) return filtered(customers.withExternalId(filter.externalId), isMatch);
  const only = customers.find(filter.dataSourceUuid, filter.externalId);
  return only && isMatch(only) ? [only] : [];
}

function isUnfiltered(filter: Filter): boolean {
  return Object.values(filter).every((value) => value === null);
}

/** Source, external id and system must match the same source customer of the record. */
function matches({ store, knobs }: Account, customer: Customer, filter: Filter): boolean {
  if (filter.status !== null && statusOf(customer) !== filter.status) return false;
  const { dataSourceUuid, externalId, system } = filter;
  const merged = externalId === null ? knobs.mergedInLists : knobs.mergedExternalId;
  return customer.sourceCustomers.some((part) => {
    const isPrimary = part.dataSourceUuid === customer.dataSourceUuid && part.externalId === customer.externalId;
    return (
      (isPrimary || merged === 'found') &&
      (dataSourceUuid === null || part.dataSourceUuid === dataSourceUuid) &&
      (externalId === null || part.externalId === externalId) &&
      (system === null || store.sources.get(part.dataSourceUuid)?.system === system)
    );
  });
}

function contactEmails({ store }: Account, email: string): Set<string> {
  const uuids = new Set<string>();
  for (const contact of store.contacts.values()) if (isSame(contact.email, email)) uuids.add(contact.customerUuid);
  return uuids;
}

function view(account: Account, customers: Customer[]): unknown[] {
  return customers.map((customer) => viewCustomer(account, customer));
}

function isSame(one: string | null, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}

function* filtered<T>(items: Iterable<T>, isWanted: (item: T) => boolean): Generator<T> {
  for (const item of items) if (isWanted(item)) yield item;
}

function count(items: Iterable<unknown>): number {
  let total = 0;
  for (const _ of items) total += 1;
  return total;
}
