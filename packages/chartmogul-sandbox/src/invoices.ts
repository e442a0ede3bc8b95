import { randomUUID } from 'node:crypto';
import type { Account } from './account.js';
import { type Answer, importError, missing, type Refusal } from './answers.js';
import { parseDate } from './dates.js';
import { subscribe, viewLineItem, viewTransaction } from './line-items.js';
import { findPart } from './merging.js';
import { takePage } from './paging.js';
import type { Customer, Invoice, SourceCustomer } from './records.js';
import { type ApiRequest, isObject, objectBody, type Route } from './routes.js';

/** The invoice import, as far as needed to make a customer Active. */
export const invoiceRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/invoices', handle: listAll },
  { method: 'GET', path: '/v1/import/customers/:uuid/invoices', handle: list },
  { method: 'POST', path: '/v1/import/customers/:uuid/invoices', handle: importInvoices },
];

function list(account: Account, { params, query }: ApiRequest): Answer {
  const { uuid } = customerOf(account, params.uuid);
  const { entries, ...page } = pageOf(account, query, ({ customerUuid }) => customerUuid === uuid);
  return { status: 200, body: { customer_uuid: uuid, invoices: entries.map(({ view }) => view), ...page } };
}

/** The invoices of all customers, with the UUID of each. The official clients call it (node: `Invoice.allAny`). */
function listAll(account: Account, { query }: ApiRequest): Answer {
  const wanted = {
    customerUuid: query.get('customer_uuid'),
    dataSourceUuid: query.get('data_source_uuid'),
    externalId: query.get('external_id'),
  };
  const filters = Object.entries(wanted).filter(([, value]) => value) as [keyof typeof wanted, string][]; // its own keys
  const isWanted = (invoice: Invoice): boolean => filters.every(([field, value]) => invoice[field] === value);
  const { entries, ...page } = pageOf(account, query, isWanted);
  const invoices = entries.map(({ view, customerUuid }) => ({ ...view, customer_uuid: customerUuid }));
  return { status: 200, body: { invoices, ...page } };
}

function pageOf(account: Account, query: URLSearchParams, isWanted: (invoice: Invoice) => boolean) {
  const all = [...account.store.invoices.values()].filter(isWanted);
  const { entries, cursor, hasMore } = takePage(
    query,
    (after = 0) => all.filter(({ id }) => id > after),
    ({ createdAt }) => createdAt,
  );
  return { entries, cursor, has_more: hasMore };
}

/** Imports all invoices or none. */
function importInvoices(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  const { invoices } = objectBody(request);
  if (!Array.isArray(invoices) || invoices.length === 0) throw missing('invoices');
  const read = invoices.map((invoice: unknown) => readInvoice(account, customer, invoice));
  for (const { invoice, part, lineItems } of read) {
    for (const item of lineItems) subscribe(account.store, part, item);
    account.store.invoices.put(invoice.uuid, invoice);
  }
  account.store.customers.put(customer.uuid, customer);
  return { status: 201, body: { invoices: read.map(({ invoice }) => invoice.view) } };
}

interface ReadInvoice {
  invoice: Invoice;
  part: SourceCustomer;
  lineItems: Readonly<Record<string, unknown>>[];
}

function readInvoice(account: Account, customer: Customer, invoice: unknown): ReadInvoice {
  if (!isObject(invoice)) throw refuseField('invoices', 'invalid');
  const externalId = invoice.external_id;
  if (typeof externalId !== 'string' || externalId === '') throw refuseField('external_id', 'blank');
  if (typeof invoice.currency !== 'string' || !/^[A-Z]{3}$/.test(invoice.currency)) {
    throw refuseField('currency', 'invalid');
  }
  const lineItems = readList(invoice.line_items, 'line_items');
  if (lineItems.length === 0) throw refuseField('line_items', 'blank');
  const part = partFor(customer, invoice);
  refuseDuplicate(account, part, externalId);
  const uuid = `inv_${randomUUID()}`;
  const view = {
    uuid,
    date: readDate(invoice.date, 'date') ?? refuseNow('date', 'blank'),
    due_date: readDate(invoice.due_date, 'due_date'),
    errors: {},
    external_id: externalId,
    currency: invoice.currency,
    line_items: lineItems.map((item) => viewLineItem(item, refuseField)),
    transactions: readList(invoice.transactions, 'transactions').map((item) => viewTransaction(item, refuseField)),
  };
  const { dataSourceUuid, externalId: customerExternalId } = part;
  const ids = { id: account.store.nextId(), uuid, createdAt: Date.now(), customerUuid: customer.uuid };
  return { invoice: { ...ids, dataSourceUuid, customerExternalId, externalId, view }, part, lineItems };
}

/** After a merge the invoice must name its source customer: the tutorial, and ruby client, pull request 42. */
function partFor(customer: Customer, invoice: Readonly<Record<string, unknown>>): SourceCustomer {
  const [only] = customer.sourceCustomers;
  const { data_source_uuid: source, customer_external_id: externalId } = invoice;
  if (only && customer.sourceCustomers.length === 1 && source === undefined && externalId === undefined) return only;
  if (customer.sourceCustomers.length > 1) {
    if (externalId === undefined) throw refuseField('customer_external_id', 'blank');
    if (source === undefined) throw refuseField('data_source_uuid', 'blank');
  }
  const part = findPart(customer, String(source ?? only?.dataSourceUuid), String(externalId ?? only?.externalId));
  if (!part) throw refuseField('customer_external_id', 'invalid');
  return part;
}

function refuseDuplicate({ store }: Account, part: SourceCustomer, externalId: string): void {
  for (const known of store.invoices.values()) {
    if (known.externalId === externalId && known.dataSourceUuid === part.dataSourceUuid) {
      const message = 'The external ID for this invoice already exists in our system.';
      throw importError(422, 'external_id', 'taken', message);
    }
  }
}

/** Recorded 2025: an unknown customer is reported as "Invoice not found" (chartmogul-python issue 119). */
function customerOf({ store, knobs }: Account, uuid = ''): Customer {
  const customer = knobs.mergedUuid === 'follow' ? store.survivorOf(uuid) : store.customers.get(uuid);
  if (!customer) throw importError(404, 'invoice', 'invalid', 'Invoice not found');
  return customer;
}

function readList(value: unknown, param: string): Readonly<Record<string, unknown>>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isObject)) throw refuseField(param, 'invalid');
  return value;
}

function readDate(value: unknown, param: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  const time = typeof value === 'string' ? parseDate(value, 0) : undefined;
  if (time === undefined) throw refuseField(param, 'invalid');
  return new Date(time).toISOString();
}

function refuseNow(param: string, code: 'blank' | 'invalid'): never {
  throw refuseField(param, code);
}

/** The import service's error shape, with the wording recorded for plan groups in 2023. */
function refuseField(param: string, code: 'blank' | 'invalid'): Refusal {
  const name = param.replaceAll('_', ' ');
  const sentence = `${name.charAt(0).toUpperCase()}${name.slice(1)} ${code === 'blank' ? "can't be blank" : 'is invalid'}`;
  return importError(422, param, code, sentence);
}
