import type { Account } from './account.js';
import { type Answer, invalid, missing, unprocessable } from './answers.js';
import { applyChangedAttributes, applyNewAttributes, applyProfile } from './customer-input.js';
import { listCustomers, searchCustomers } from './customer-lists.js';
import { viewCustomer } from './customer-view.js';
import { customerOf, unknownSource } from './finding.js';
import { carryOut } from './jobs.js';
import { requestMerge, requestUnmerge } from './merge-requests.js';
import { type Customer, newCustomer } from './records.js';
import { type ApiRequest, objectBody, type Route, requiredText } from './routes.js';

/** `/v1/customers`, except attributes and contacts. */
export const customerRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/customers', handle: listCustomers },
  { method: 'POST', path: '/v1/customers', handle: createCustomer },
  { method: 'GET', path: '/v1/customers/search', handle: searchCustomers },
  { method: 'POST', path: '/v1/customers/merges', handle: requestMerge },
  { method: 'POST', path: '/v1/customers/unmerges', handle: requestUnmerge },
  { method: 'GET', path: '/v1/customers/:uuid', handle: retrieveCustomer },
  { method: 'PATCH', path: '/v1/customers/:uuid', handle: updateCustomer },
  { method: 'DELETE', path: '/v1/customers/:uuid', handle: deleteCustomer },
];

function createCustomer(account: Account, request: ApiRequest): Answer {
  const { store, knobs } = account;
  const body = objectBody(request);
  const dataSourceUuid = requiredText(body, 'data_source_uuid');
  const externalId = requiredText(body, 'external_id');
  if (knobs.nameRequired && !body.name) throw missing('name');
  if ([...externalId].length > 255) throw invalid('external_id', 'is longer than 255 characters');
  if (!store.sources.get(dataSourceUuid)) throw unknownSource(account);
  if (store.customers.find(dataSourceUuid, externalId)) {
    throw unprocessable({ external_id: 'The external ID for this customer already exists in our system.' });
  }
  const customer = newCustomer(store.nextId(), dataSourceUuid, externalId);
  applyProfile(account, customer, body);
  applyNewAttributes(account, customer, body);
  store.customers.put(customer.uuid, customer);
  return { status: 201, body: viewCustomer(account, customer) };
}

function retrieveCustomer(account: Account, { params }: ApiRequest): Answer {
  const { uuid = '' } = params;
  for (const job of account.pending.countRead(uuid)) carryOut(account, job);
  return { status: 200, body: viewCustomer(account, customerOf(account, uuid)) };
}

function updateCustomer(account: Account, request: ApiRequest): Answer {
  const customer = customerOf(account, request.params.uuid);
  const body = objectBody(request);
  const changed = { ...customer }; // an error halfway must not change the record
  applyProfile(account, changed, body);
  applyChangedAttributes(account, changed, body);
  account.store.customers.put(customer.uuid, Object.assign(customer, changed));
  return { status: 200, body: viewCustomer(account, customer) };
}

function deleteCustomer(account: Account, { params }: ApiRequest): Answer {
  const customer = customerOf(account, params.uuid);
  removeCustomer(account, customer);
  return { status: 204 };
}

/** Deletes a record with its contacts and invoices. */
export function removeCustomer({ store }: Account, customer: Customer): void {
  for (const table of [store.contacts, store.invoices]) {
    for (const [key, { customerUuid }] of table.entries()) if (customerUuid === customer.uuid) table.delete(key);
  }
  store.customers.delete(customer.uuid);
}
