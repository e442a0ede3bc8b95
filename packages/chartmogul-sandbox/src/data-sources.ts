import type { Account } from './account.js';
import { type Answer, missing, plainError, type Refusal, unprocessable } from './answers.js';
import { removeCustomer } from './customers.js';
import { formatDate } from './dates.js';
import type { Customer, Source } from './records.js';
import { type ApiRequest, objectBody, optionalText, type Route, refusePage } from './routes.js';

/** `/v1/data_sources`. There is no update, and the list has no pages. */
export const dataSourceRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/data_sources', handle: list },
  { method: 'POST', path: '/v1/data_sources', handle: create },
  { method: 'GET', path: '/v1/data_sources/:uuid', handle: retrieve },
  { method: 'DELETE', path: '/v1/data_sources/:uuid', handle: remove },
];

function list({ store }: Account, { query }: ApiRequest): Answer {
  refusePage(query);
  const [name, system] = [query.get('name'), query.get('system')];
  const sources = [...store.sources.values()].filter(
    (source) => (!name || source.name === name) && (!system || source.system === system),
  );
  return { status: 200, body: { data_sources: sources.map((source) => view(source, query)) } };
}

function create(account: Account, request: ApiRequest): Answer {
  const body = objectBody(request);
  // Recorded twice: 400 for a missing key (python client), 422 for an empty value (ruby client, 2016).
  if (body.name === undefined) throw missing('name');
  const name = optionalText(body, 'name')?.trim();
  if (!name) throw unprocessable({ name: 'A name is required for each data source.' });
  for (const source of account.store.sources.values()) {
    if (source.name === name) throw unprocessable({ name: 'Has already been taken.' });
  }
  const uuid = account.addSource(name, optionalText(body, 'system') || account.knobs.sourceSystem);
  return { status: 201, body: view(sourceOf(account, uuid), new URLSearchParams()) };
}

function retrieve(account: Account, { params, query }: ApiRequest): Answer {
  return { status: 200, body: view(sourceOf(account, params.uuid), query) };
}

/** Also deletes the source's customers; a merged record keeps those of its other sources. */
function remove(account: Account, { params }: ApiRequest): Answer {
  const { uuid } = sourceOf(account, params.uuid);
  for (const customer of [...account.store.customers.values()]) leaveSource(account, customer, uuid);
  account.store.sources.delete(uuid);
  return { status: 204 };
}

function leaveSource(account: Account, customer: Customer, sourceUuid: string): void {
  const left = customer.sourceCustomers.filter((part) => part.dataSourceUuid !== sourceUuid);
  if (left.length === customer.sourceCustomers.length) return;
  const [first] = left;
  if (!first) {
    removeCustomer(account, customer);
    return;
  }
  account.store.customers.regroup(customer, () => {
    customer.sourceCustomers = left;
    if (customer.dataSourceUuid === sourceUuid) {
      customer.dataSourceUuid = first.dataSourceUuid;
      customer.externalId = first.externalId;
    }
  });
}

function sourceOf({ store }: Account, uuid: string | undefined): Source {
  const source = store.sources.get(uuid ?? '');
  if (!source) throw sourceNotFound();
  return source;
}

function sourceNotFound(): Refusal {
  return plainError(404, 'Data source not found'); // recorded 2016, ruby client
}

/** The object recorded 2025-12-02 (ruby client), with the parts that are only included on request. */
function view(source: Source, query: URLSearchParams): Record<string, unknown> {
  const isAsked = (flag: string): boolean => query.get(flag) === 'true';
  return {
    uuid: source.uuid,
    name: source.name,
    system: source.system,
    created_at: formatDate(source.createdAt),
    status: 'idle',
    ...(isAsked('with_processing_status') && { processing_status: { processed: 0, failed: 0, pending: 0 } }),
    ...(isAsked('with_auto_churn_subscription_setting') && {
      auto_churn_subscription_setting: { enabled: false, interval: null },
    }),
    ...(isAsked('with_invoice_handling_setting') && {
      invoice_handling_setting: { manual: invoiceHandling, automatic: invoiceHandling },
    }),
  };
}

const invoiceHandling = {
  create_subscription_when_invoice_is: 'open',
  update_subscription_when_invoice_is: 'open',
  prevent_subscription_for_invoice_voided: true,
  prevent_subscription_for_invoice_refunded: false,
  prevent_subscription_for_invoice_written_off: true,
};
