import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StripeEvent } from './stripe.js';

export const stripeApiKey = 'rk_test_51SwJourney0001';

const eventsKeptSeconds = 30 * 24 * 3600;

/** An object as Stripe lists it. */
export interface ListedObject {
  readonly id: string;
  readonly created: number;
  readonly customer?: unknown;
  readonly status?: unknown;
  readonly [field: string]: unknown;
}

/** A webhook endpoint as Stripe lists it. */
export interface ListedEndpoint extends ListedObject {
  readonly url: string;
  readonly enabled_events: readonly string[];
  readonly api_version: string | null;
  readonly status: string;
}

/**
 * A server with Stripe's lists of events, subscriptions, invoices and webhook endpoints: newest first, in pages, with Stripe's filters and
 * errors. Like Stripe, it lists events for 30 days, and refuses unknown parameters.
 */
export interface FakeStripe {
  readonly url: string;
  /** The environment of a program that uses it. */
  readonly env: { readonly STRIPE_API_URL: string; readonly STRIPE_API_KEY: string };
  readonly events: StripeEvent[];
  readonly subscriptions: ListedObject[];
  readonly invoices: ListedObject[];
  readonly endpoints: ListedEndpoint[];
  /** The ids of events that Stripe could not deliver. */
  readonly undelivered: Set<string>;
  /** By id, for `expand[]=data.customer`. */
  readonly customers: Map<string, ListedObject>;
  /** The requests so far, as path and query. */
  readonly requests: URL[];
  /** Lists that the key may not read. */
  readonly forbidden: Set<string>;
  /** Answers the next requests with these statuses. */
  failNext(...statuses: readonly number[]): void;
  /** Holds all requests after the next ones, until `release`. @returns when one waits */
  holdAfter(next: number): Promise<void>;
  release(): void;
  close(): Promise<void>;
}

export async function startFakeStripe(): Promise<FakeStripe> {
  const failures: number[] = [];
  const requests: URL[] = [];
  const forbidden = new Set<string>();
  const lists = { events: [] as StripeEvent[], subscriptions: [] as ListedObject[], invoices: [] as ListedObject[] };
  const endpoints: ListedEndpoint[] = [];
  const undelivered = new Set<string>();
  const customers = new Map<string, ListedObject>();
  let unheld = Number.POSITIVE_INFINITY;
  let release: () => void = () => undefined;
  let released = Promise.resolve();

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://stripe');
    requests.push(url);
    if (requests.length > unheld) {
      server.emit('held');
      await released;
    }
    const send = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const refuse = (status: number, error: object) =>
      send(status, { error: { type: 'invalid_request_error', ...error } });
    const failure = failures.shift();
    const name = url.pathname.replace('/v1/', '');
    if (failure !== undefined) return refuse(failure, { message: `status ${failure}` });
    if (request.headers.authorization !== `Bearer ${stripeApiKey}`) {
      return refuse(401, { message: `Invalid API Key provided: ${request.headers.authorization?.slice(7)}` });
    }
    if (forbidden.has(name)) return refuse(403, { message: 'The provided key does not have the required permissions' });
    if (request.method !== 'GET' || !isList(name)) return refuse(404, { message: 'Unrecognized request URL' });
    const all = name === 'webhook_endpoints' ? endpoints : lists[name];
    const isWanted = ({ id }: ListedObject) =>
      url.searchParams.get('delivery_success') !== 'false' || undelivered.has(id);
    const answer = pageOf(name, all.filter(isWanted), customers, url.searchParams);
    return 'error' in answer ? refuse(400, answer.error) : send(200, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port, not on a pipe
  return {
    url,
    env: { STRIPE_API_URL: url, STRIPE_API_KEY: stripeApiKey },
    ...lists,
    endpoints,
    undelivered,
    customers,
    requests,
    forbidden,
    failNext: (...statuses) => void failures.push(...statuses),
    async holdAfter(next) {
      unheld = requests.length + next;
      released = new Promise((resolve) => {
        release = resolve;
      });
      await once(server, 'held');
    },
    release() {
      unheld = Number.POSITIVE_INFINITY;
      release();
    },
    async close() {
      release();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type ListName = 'events' | 'subscriptions' | 'invoices' | 'webhook_endpoints';

/** The parameters of each list, besides those of every list. */
const ownParameters: Readonly<Record<ListName, readonly string[]>> = {
  events: ['types', 'type', 'delivery_success'],
  subscriptions: ['status', 'customer', 'price'],
  invoices: ['status', 'customer', 'subscription'],
  webhook_endpoints: [],
};

function isList(name: string): name is ListName {
  return Object.hasOwn(ownParameters, name);
}

function pageOf(
  name: ListName,
  all: readonly ListedObject[],
  customers: ReadonlyMap<string, ListedObject>,
  query: URLSearchParams,
) {
  const parameters = [...query.keys()].map((key) => key.replace(/\[.*/, ''));
  const known = ['limit', 'starting_after', 'ending_before', 'created', 'expand', ...ownParameters[name]];
  const unknown = parameters.find((parameter) => !known.includes(parameter));
  if (unknown !== undefined) return { error: { code: 'parameter_unknown', param: unknown } };
  const limit = Number(query.get('limit') ?? 10);
  if (!(limit >= 1 && limit <= 100)) return { error: { code: 'parameter_invalid_integer', param: 'limit' } };

  const valuesOf = (parameter: string) =>
    [...query].filter(([key]) => key.startsWith(`${parameter}[`)).map(([, v]) => v);
  const [types, expand, status] = [valuesOf('types'), valuesOf('expand'), query.get('status')];
  if (types.length > 20) return { error: { code: 'parameter_invalid', param: 'types' } };
  const oldest = name === 'events' ? Date.now() / 1000 - eventsKeptSeconds : 0;
  const matching = all
    .filter(({ created }) => created >= Math.max(oldest, Number(query.get('created[gte]') ?? 0)))
    .filter(({ created }) => created < Number(query.get('created[lt]') ?? Number.POSITIVE_INFINITY))
    .filter(({ type }) => types.length === 0 || types.includes(String(type)))
    .filter((object) => status === 'all' || (status === null ? object.status !== 'canceled' : object.status === status))
    // Newest first; of one second, the one that was added last.
    .reverse()
    .sort((a, b) => b.created - a.created);

  const after = query.get('starting_after');
  const position = matching.findIndex(({ id }) => id === after);
  if (after !== null && position < 0) return { error: { code: 'resource_missing', param: 'starting_after' } };
  const page = matching.slice(position + 1, position + 1 + limit);
  return {
    object: 'list',
    url: `/v1/${name}`,
    has_more: position + 1 + limit < matching.length,
    data: expand.includes('data.customer')
      ? page.map((object) => ({ ...object, customer: customers.get(String(object.customer)) ?? object.customer }))
      : page,
  };
}
