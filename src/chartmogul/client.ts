import type { z } from 'zod';
import { ChartMogulError, type ChartMogulErrorKind, errorOfAnswer } from './errors.js';
import { parseJson, type RawRequest, Transport, type TransportOptions } from './transport.js';
import {
  type ChangedDates,
  type Customer,
  customerPageSchema,
  customerSchema,
  customersSchema,
  type DataSource,
  dataSourceSchema,
  dataSourcesSchema,
  type Invoice,
  invoicePageSchema,
  type NewCustomer,
  type Page,
} from './types.js';

export interface ChartMogulClientOptions extends TransportOptions {
  /** Awaited before each request. */
  readonly pace?: { turn(signal?: AbortSignal): Promise<void> };
  /** Called after each request. It must not throw. */
  readonly onRequest?: (request: FinishedRequest) => void;
  /** Called with the `Date` header of each answer, in milliseconds since 1970. It must not throw. */
  readonly onServerTime?: (ms: number) => void;
}

/** A request that was answered, failed or aborted. */
export interface FinishedRequest {
  readonly operation: Operation;
  /** `aborted` if the caller's signal ended it. */
  readonly outcome: 'ok' | 'aborted' | ChartMogulErrorKind;
  /** HTTP status of an unsuccessful answer; undefined if there was none. */
  readonly status: number | undefined;
  readonly seconds: number;
}

/** The methods of the client, each of which is one request. */
export type Operation =
  | 'createCustomer'
  | 'retrieveCustomer'
  | 'findCustomers'
  | 'listCustomers'
  | 'listInvoices'
  | 'updateCustomer'
  | 'mergeCustomers'
  | 'unmergeCustomer'
  | 'deleteCustomer'
  | 'listDataSources'
  | 'createDataSource'
  | AccountOperation;

/** The methods of `AccountReader`. */
type AccountOperation = 'retrieveAccount' | 'listNewBusiness' | 'listInvoicesOfCustomer' | 'tryToWrite';

export interface Call extends RawRequest {
  readonly operation: Operation;
}

/** Aborts a request. */
type Signal = AbortSignal | undefined;

/**
 * The part of ChartMogul's API that a journey needs. Each method sends one request and does not retry: Temporal
 * retries. Every method throws {@link ChartMogulError}, or the reason of `signal` if that aborted the request.
 */
export class ChartMogulClient {
  private readonly transport: Transport;
  private readonly pace: ChartMogulClientOptions['pace'];
  private readonly onRequest: (request: FinishedRequest) => void;
  private readonly onServerTime: (ms: number) => void;

  constructor({
    pace,
    onRequest = () => undefined,
    onServerTime = () => undefined,
    ...transport
  }: ChartMogulClientOptions) {
    this.transport = new Transport(transport);
    this.pace = pace;
    this.onRequest = onRequest;
    this.onServerTime = onServerTime;
  }

  async createCustomer(customer: NewCustomer, signal?: Signal): Promise<Customer> {
    return this.call(
      { operation: 'createCustomer', method: 'POST', path: '/v1/customers', body: customer },
      customerSchema,
      signal,
    );
  }

  async retrieveCustomer(uuid: string, signal?: Signal): Promise<Customer> {
    return this.call(
      { operation: 'retrieveCustomer', method: 'GET', path: `/v1/customers/${encodeURIComponent(uuid)}` },
      customerSchema,
      signal,
    );
  }

  /** Customers of one source with one external id: usually none or one. Always pass the source: ids are not unique. */
  async findCustomers(dataSourceUuid: string, externalId: string, signal?: Signal): Promise<Customer[]> {
    const query = { data_source_uuid: dataSourceUuid, external_id: externalId };
    const { entries } = await this.call(
      { operation: 'findCustomers', method: 'GET', path: '/v1/customers', query },
      customersSchema,
      signal,
    );
    return entries;
  }

  /**
   * One page of the customers of a source, 200 at most. Records that are added or merged meanwhile neither repeat others
   * nor hide them.
   *
   * @param cursor of the page before; absent for the first page
   */
  async listCustomers(
    dataSourceUuid: string,
    { cursor, perPage }: { readonly cursor?: string | undefined; readonly perPage?: number } = {},
    signal?: Signal,
  ): Promise<Page<Customer>> {
    const query = { data_source_uuid: dataSourceUuid, ...pageQuery(cursor, perPage) };
    const { entries, ...page } = await this.call(
      { operation: 'listCustomers', method: 'GET', path: '/v1/customers', query },
      customerPageSchema,
      signal,
    );
    return { entries, ...nextPage(page) };
  }

  /** One page of all invoices of the account, 200 at most. */
  async listInvoices(cursor?: string, signal?: Signal): Promise<Page<Invoice>> {
    const { invoices, ...page } = await this.call(
      { operation: 'listInvoices', method: 'GET', path: '/v1/invoices', query: pageQuery(cursor) },
      invoicePageSchema,
      signal,
    );
    return { entries: invoices, ...nextPage(page) };
  }

  async updateCustomer(uuid: string, dates: ChangedDates, signal?: Signal): Promise<Customer> {
    const path = `/v1/customers/${encodeURIComponent(uuid)}`;
    return this.call({ operation: 'updateCustomer', method: 'PATCH', path, body: dates }, customerSchema, signal);
  }

  /** Requests a merge. Resolves once ChartMogul accepts it (202); the merge itself takes seconds to minutes more. */
  async mergeCustomers(from: string, into: string, signal?: Signal): Promise<void> {
    const body = { from: { customer_uuid: from }, into: { customer_uuid: into } };
    await this.send({ operation: 'mergeCustomers', method: 'POST', path: '/v1/customers/merges', body }, signal);
  }

  /**
   * Requests that a source customer is split off a merged record into a record with a new UUID. Resolves once ChartMogul
   * accepts it (202); both records then have the same dates. Reference: customers/unmerge.
   */
  async unmergeCustomer(uuid: string, dataSourceUuid: string, externalId: string, signal?: Signal): Promise<void> {
    const source = { data_source_uuid: dataSourceUuid, external_id: externalId };
    const body = { customer_uuid: uuid, ...source, move_to_new_customer: [] };
    await this.send({ operation: 'unmergeCustomer', method: 'POST', path: '/v1/customers/unmerges', body }, signal);
  }

  async deleteCustomer(uuid: string, signal?: Signal): Promise<void> {
    await this.send(
      { operation: 'deleteCustomer', method: 'DELETE', path: `/v1/customers/${encodeURIComponent(uuid)}` },
      signal,
    );
  }

  async listDataSources(signal?: Signal): Promise<DataSource[]> {
    const { data_sources } = await this.call(
      { operation: 'listDataSources', method: 'GET', path: '/v1/data_sources' },
      dataSourcesSchema,
      signal,
    );
    return data_sources;
  }

  async createDataSource(name: string, signal?: Signal): Promise<DataSource> {
    return this.call(
      { operation: 'createDataSource', method: 'POST', path: '/v1/data_sources', body: { name } },
      dataSourceSchema,
      signal,
    );
  }

  protected async call<Schema extends z.ZodType>(
    call: Call,
    schema: Schema,
    signal: Signal,
  ): Promise<z.output<Schema>> {
    return this.observed(call.operation, signal, async () => {
      const { status, text } = await this.request(call, signal);
      const parsed = schema.safeParse(parseJson(text));
      if (parsed.success) return parsed.data;
      const paths = parsed.error.issues.map(({ path }) => path.join('.') || '(all)');
      throw new ChartMogulError(`the answer is not ChartMogul's: ${paths.join(', ')}`, {
        kind: 'unavailable',
        status,
        body: text,
      });
    });
  }

  /** For a request whose answer has no content that matters. */
  protected async send(call: Call, signal: Signal): Promise<void> {
    await this.observed(call.operation, signal, () => this.request(call, signal));
  }

  private async observed<T>(operation: Operation, signal: Signal, request: () => Promise<T>): Promise<T> {
    await this.pace?.turn(signal);
    const startedAt = performance.now();
    const finished = (outcome: FinishedRequest['outcome'], status?: number) =>
      this.onRequest({ operation, outcome, status, seconds: (performance.now() - startedAt) / 1000 });
    try {
      const result = await request();
      finished('ok');
      return result;
    } catch (error) {
      if (error instanceof ChartMogulError) finished(error.kind, error.status);
      else finished('aborted');
      throw error;
    }
  }

  private async request(call: Call, signal: Signal): Promise<{ status: number; text: string }> {
    const { status, isOk, text, retryAfterMs, serverTimeMs } = await this.transport.send(call, signal);
    if (serverTimeMs !== undefined) this.onServerTime(serverTimeMs);
    if (!isOk) throw errorOfAnswer(status, text, retryAfterMs);
    return { status, text };
  }
}

/** ChartMogul's own maximum. */
const mostPerPage = 200;

function pageQuery(cursor: string | undefined, perPage = mostPerPage): Record<string, string> {
  return { per_page: String(perPage), ...(cursor !== undefined && { cursor }) };
}

/** The last page has a cursor too, but nothing after it. */
function nextPage({ cursor, has_more: hasMore }: { cursor?: string | null | undefined; has_more: boolean }) {
  return hasMore && cursor ? { next: cursor } : {};
}
