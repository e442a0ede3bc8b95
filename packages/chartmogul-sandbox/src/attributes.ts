import type { Account } from './account.js';
import { type Answer, invalid, missing, refuse } from './answers.js';
import { readAttributeList, readAttributeMap, readTags } from './attribute-input.js';
import { customersWithEmail } from './customer-lists.js';
import { viewCustomer } from './customer-view.js';
import { customerOf } from './finding.js';
import type { Customer } from './records.js';
import { type ApiRequest, isObject, objectBody, type Route, requiredText } from './routes.js';

/** Tags and custom attributes of one customer, or of all customers with an e-mail address. */
export const attributeRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/customers/:uuid/attributes', handle: retrieve },
  { method: 'POST', path: '/v1/customers/:uuid/attributes/tags', handle: addTags },
  { method: 'DELETE', path: '/v1/customers/:uuid/attributes/tags', handle: removeTags },
  { method: 'POST', path: '/v1/customers/attributes/tags', handle: addTagsByEmail },
  { method: 'POST', path: '/v1/customers/:uuid/attributes/custom', handle: addCustom },
  { method: 'PUT', path: '/v1/customers/:uuid/attributes/custom', handle: updateCustom },
  { method: 'DELETE', path: '/v1/customers/:uuid/attributes/custom', handle: removeCustom },
  { method: 'POST', path: '/v1/customers/attributes/custom', handle: addCustomByEmail },
];

function retrieve(account: Account, { params }: ApiRequest): Answer {
  const { tags, custom } = customerOf(account, params.uuid);
  return { status: 200, body: { tags, stripe: {}, custom } };
}

function addTags(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  tag(account, customer, tagsIn(request));
  return { status: 200, body: { tags: customer.tags } };
}

/** A DELETE with a body: all official clients send one. Answers with the remaining tags. */
function removeTags(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  const unwanted = tagsIn(request);
  customer.tags = customer.tags.filter((existing) => !unwanted.includes(existing));
  account.store.customers.put(customer.uuid, customer);
  return { status: 200, body: { tags: customer.tags } };
}

function addTagsByEmail(account: Account, request: ApiRequest): Answer {
  const tags = tagsIn(request);
  return forEmail(account, request, (customer) => tag(account, customer, tags));
}

function addCustom(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  attribute(account, customer, readAttributeList(account, customIn(request)));
  return { status: 200, body: { custom: customer.custom } };
}

function updateCustom(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  customer.custom = readAttributeMap(account, customer.custom, customIn(request));
  account.store.customers.put(customer.uuid, customer);
  return { status: 200, body: { custom: customer.custom } };
}

/** 204 is recorded (ruby client, 2023-10-30); the Python client 4.11 also accepts a 200 with the remaining ones. */
function removeCustom(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  const unwanted = keysIn(customIn(request));
  customer.custom = Object.fromEntries(Object.entries(customer.custom).filter(([key]) => !unwanted.includes(key)));
  account.store.customers.put(customer.uuid, customer);
  if (account.knobs.removedAttributes === '200') return { status: 200, body: { custom: customer.custom } };
  return { status: 204 };
}

/** Keys, or objects with a key: the README of the PHP client shows both. */
function keysIn(custom: unknown): string[] {
  if (!Array.isArray(custom)) throw invalid('custom');
  return custom.map((item: unknown) => {
    const key = isObject(item) ? item.key : item;
    if (typeof key !== 'string') throw invalid('custom');
    return key;
  });
}

function addCustomByEmail(account: Account, request: ApiRequest): Answer {
  const custom = readAttributeList(account, customIn(request));
  return forEmail(account, request, (customer) => attribute(account, customer, custom));
}

/** By e-mail, the answer lists all matching customers without pages; no match is a 404, as in a search. */
function forEmail(account: Account, request: ApiRequest, change: (customer: Customer) => void): Answer {
  const email = requiredText(objectBody(request), 'email');
  const customers = customersWithEmail(account, email);
  if (customers.length === 0) throw refuse(404, `Can't find any customers with email: "${email}"`, 'email');
  for (const customer of customers) change(customer);
  return { status: 200, body: { entries: customers.map((customer) => viewCustomer(account, customer)) } };
}

function tag(account: Account, customer: Customer, tags: string[]): void {
  customer.tags = [...new Set([...customer.tags, ...tags])];
  account.store.customers.put(customer.uuid, customer);
}

function attribute(account: Account, customer: Customer, custom: Customer['custom']): void {
  customer.custom = { ...customer.custom, ...custom };
  account.store.customers.put(customer.uuid, customer);
}

function tagsIn(request: ApiRequest): string[] {
  const { tags } = objectBody(request);
  if (tags === undefined) throw missing('tags');
  return readTags(tags);
}

function customIn(request: ApiRequest): unknown {
  const { custom } = objectBody(request);
  if (custom === undefined || custom === null) throw missing('custom');
  return custom;
}
