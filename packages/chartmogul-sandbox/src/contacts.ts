import type { Account } from './account.js';
import { type Answer, refuse, unprocessable } from './answers.js';
import { applyContactFields, contactFields } from './contact-input.js';
import { customerOf, unknownSource } from './finding.js';
import { takePage, viewPage } from './paging.js';
import { type Contact, type Customer, newContact } from './records.js';
import { type ApiRequest, objectBody, optionalText, type Route, requiredText } from './routes.js';

/** Contacts: people at a customer, under `/v1/contacts` and under their customer. */
export const contactRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/contacts', handle: list },
  { method: 'POST', path: '/v1/contacts', handle: create },
  { method: 'GET', path: '/v1/contacts/:uuid', handle: retrieve },
  { method: 'PATCH', path: '/v1/contacts/:uuid', handle: update },
  { method: 'DELETE', path: '/v1/contacts/:uuid', handle: remove },
  { method: 'POST', path: '/v1/contacts/:into_uuid/merge/:from_uuid', handle: merge },
  { method: 'GET', path: '/v1/customers/:uuid/contacts', handle: listOfCustomer },
  { method: 'POST', path: '/v1/customers/:uuid/contacts', handle: createForCustomer },
];

function list(account: Account, { query }: ApiRequest): Answer {
  const wanted = {
    customer_uuid: query.get('customer_uuid'),
    data_source_uuid: query.get('data_source_uuid'),
    customer_external_id: query.get('customer_external_id'),
    email: query.get('email'),
  };
  return page(account, query, (contact) => {
    const shown: Record<string, unknown> = view(contact);
    return Object.entries(wanted).every(([key, value]) => !value || shown[key] === value);
  });
}

function listOfCustomer(account: Account, { params, query }: ApiRequest): Answer {
  const { uuid } = customerOf(account, params.uuid);
  return page(account, query, (contact) => contact.customerUuid === uuid);
}

function create(account: Account, request: ApiRequest): Answer {
  const body = objectBody(request);
  const customer = customerOf(account, requiredText(body, 'customer_uuid'));
  return add(account, customer, requiredText(body, 'data_source_uuid'), body);
}

function createForCustomer(account: Account, request: ApiRequest): Answer {
  const body = objectBody(request);
  const customer = customerOf(account, request.params.uuid);
  return add(account, customer, optionalText(body, 'data_source_uuid') || customer.dataSourceUuid, body);
}

function add(account: Account, customer: Customer, dataSourceUuid: string, body: Record<string, unknown>): Answer {
  const { store } = account;
  if (!store.sources.get(dataSourceUuid)) throw unknownSource(account);
  const part = customer.sourceCustomers.find((candidate) => candidate.dataSourceUuid === dataSourceUuid);
  const contact = newContact(store.nextId(), customer.uuid, dataSourceUuid, part?.externalId ?? customer.externalId);
  const siblings = [...store.contacts.values()].filter(({ customerUuid }) => customerUuid === customer.uuid);
  contact.position = Math.max(0, ...siblings.map(({ position }) => position)) + 1;
  applyContactFields(contact, body);
  store.contacts.put(contact.uuid, contact);
  return { status: 201, body: view(contact) };
}

function retrieve(account: Account, { params }: ApiRequest): Answer {
  return { status: 200, body: view(contactOf(account, params.uuid)) };
}

function update(account: Account, request: ApiRequest): Answer {
  const contact = { ...contactOf(account, request.params.uuid) };
  applyContactFields(contact, objectBody(request));
  account.store.contacts.put(contact.uuid, contact);
  return { status: 200, body: view(contact) };
}

/** 200 with an empty object; all other deletions are 204. Recorded 2023-10-29, ruby client. */
function remove(account: Account, { params }: ApiRequest): Answer {
  account.store.contacts.delete(contactOf(account, params.uuid).uuid);
  return { status: 200, body: {} };
}

/**
 * Merges one contact into another: empty fields are filled, notes are concatenated. `customer_uuid` is null only in
 * this answer: recorded twice, 2023-08-25 (go client) and 2023-10-29 (ruby client).
 */
function merge(account: Account, { params }: ApiRequest): Answer {
  const into = contactOf(account, params.into_uuid);
  const from = contactOf(account, params.from_uuid);
  if (into === from) throw unprocessable({ from: 'A contact cannot be merged into itself.' });
  const merged: Contact = { ...into, custom: { ...from.custom, ...into.custom } };
  for (const [, field] of contactFields) merged[field] ??= from[field];
  if (into.notes !== null && from.notes !== null) merged.notes = `${into.notes}\n${from.notes}`;
  account.store.contacts.delete(from.uuid);
  account.store.contacts.put(merged.uuid, merged);
  return { status: 200, body: { ...view(merged), customer_uuid: null } };
}

function page({ store }: Account, query: URLSearchParams, isWanted: (contact: Contact) => boolean): Answer {
  // Newest first, as recorded.
  const newestFirst = [...store.contacts.values()].filter(isWanted).sort((one, other) => other.id - one.id);
  const cut = takePage(
    query,
    (before = Number.POSITIVE_INFINITY) => newestFirst.filter(({ id }) => id < before),
    ({ createdAt }) => createdAt,
  );
  return { status: 200, body: viewPage({ ...cut, isFirst: false }, cut.entries.map(view), null) };
}

function contactOf({ store }: Account, uuid: string | undefined): Contact {
  const contact = store.contacts.get(uuid ?? '');
  if (!contact) throw refuse(404, 'Contact not found', 'contact_uuid');
  return contact;
}

/** The object recorded 2023-10-29 (ruby client). `external_id` is omitted until it is set. */
function view(contact: Contact): Record<string, unknown> {
  return {
    uuid: contact.uuid,
    customer_uuid: contact.customerUuid,
    customer_external_id: contact.customerExternalId,
    data_source_uuid: contact.dataSourceUuid,
    ...(contact.externalId !== undefined && { external_id: contact.externalId }),
    position: contact.position,
    ...Object.fromEntries(contactFields.map(([key, field]) => [key, contact[field]])),
    custom: contact.custom,
  };
}
