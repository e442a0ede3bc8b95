import fetch, { type RequestInit, type Response } from 'node-fetch';
import type { z } from 'zod';
import { ChartMogulError, type ChartMogulErrorKind, errorOfAnswer } from './errors.js';
import {
  type Customer,
  type CustomerDates,
  customerSchema,
  customersSchema,
  type DataSource,
  dataSourceSchema,
  dataSourcesSchema,
  type NewCustomer,
} from './types.js';

export interface ChartMogulClientOptions {
  readonly apiKey: string;
  /** Without `/v1`. Default: `https://api.chartmogul.com`. */
  readonly url?: string;
  /** Total timeout of a request in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
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
  | 'updateCustomer'
  | 'mergeCustomers'
  | 'deleteCustomer'
  | 'listDataSources'
  | 'createDataSource'
  | AccountOperation;

/** The methods of `AccountReader`. */
type AccountOperation = 'retrieveAccount' | 'listCustomers' | 'listNewBusiness' | 'listInvoices' | 'tryToWrite';

interface Call {
  readonly operation: Operation;
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Aborts a request. */
type Signal = AbortSignal | undefined;

/**
 * The part of ChartMogul's API that a journey needs. Each method sends one request and does not retry: Temporal
 * retries. Every method throws {@link ChartMogulError}, or the reason of `signal` if that aborted the request.
 */
export class ChartMogulClient {
  private readonly url: string;
  private readonly authorization: string;
  private readonly timeoutMs: number;
  private readonly pace: ChartMogulClientOptions['pace'];
  private readonly onRequest: (request: FinishedRequest) => void;
  private readonly onServerTime: (ms: number) => void;

  constructor({
    apiKey,
    url = 'https://api.chartmogul.com',
    timeoutMs = 30_000,
    pace,
    onRequest = () => undefined,
    onServerTime = () => undefined,
  }: ChartMogulClientOptions) {
    this.url = url.replace(/\/+$/, '');
    // The key is the user name; the password is empty.
    this.authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
    this.timeoutMs = timeoutMs;
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

  async updateCustomer(uuid: string, dates: CustomerDates, signal?: Signal): Promise<Customer> {
    const path = `/v1/customers/${encodeURIComponent(uuid)}`;
    return this.call({ operation: 'updateCustomer', method: 'PATCH', path, body: dates }, customerSchema, signal);
  }

  /** Requests a merge. Resolves once ChartMogul accepts it (202); the merge itself takes seconds to minutes more. */
  async mergeCustomers(from: string, into: string, signal?: Signal): Promise<void> {
    const body = { from: { customer_uuid: from }, into: { customer_uuid: into } };
    await this.send({ operation: 'mergeCustomers', method: 'POST', path: '/v1/customers/merges', body }, signal);
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
    // node-fetch destroys the body of a request that is aborted before it starts, without a listener for that error,
    // which would end the process.
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(this.timeoutMs);
    const url = new URL(this.url + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    try {
      const answer = await fetch(url, {
        method: call.method,
        headers: {
          authorization: this.authorization,
          accept: 'application/json',
          'user-agent': 'customer-journey',
          ...(call.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        compress: false, // an answer is one record: zlib costs more than the kilobyte it saves
        // node-fetch's own type for AbortSignal is older than Node's
        signal: (signal ? AbortSignal.any([signal, timeout]) : timeout) as RequestInit['signal'] & AbortSignal,
      });
      const text = await answer.text();
      const serverTime = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(serverTime)) this.onServerTime(serverTime);
      if (!answer.ok) throw errorOfAnswer(answer.status, text, retryAfterMs(answer));
      return { status: answer.status, text };
    } catch (error) {
      if (error instanceof ChartMogulError) throw error;
      if (signal?.aborted) throw signal.reason;
      throw new ChartMogulError(timeout.aborted ? `no answer within ${this.timeoutMs} ms` : 'no connection', {
        kind: 'unavailable',
        cause: error,
      });
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema rejects it
  }
}

/** Seconds or an HTTP date. ChartMogul documents neither, but proxies in front of it may send one. */
function retryAfterMs(answer: Response): number | undefined {
  const header = answer.headers.get('retry-after');
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
