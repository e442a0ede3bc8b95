import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import { StripeApiError } from './api-error.js';
import { stripeEventTypes } from './facts.js';
import type { Slice } from './sweep-plan.js';

export interface StripeApiSettings {
  /** A restricted key that may read events, subscriptions, invoices and customers. */
  readonly apiKey: string;
  readonly url: string;
  /** Stripe allows 100 reads a second in live mode, for all programs of the account. */
  readonly requestsPerSecond: number;
}

/** An event, or an object as the event that reported it. */
export interface ListedEvent {
  /** The id of the event, or of the object. */
  readonly id: string;
  readonly type: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly account?: string | undefined;
  readonly data: { readonly object: unknown };
}

/** A part of Stripe's object. */
export interface WebhookEndpoint {
  readonly url: string;
  /** Names of event types, or `*` for all. */
  readonly enabled_events: readonly string[];
  /** Null: the default version of the account. */
  readonly api_version: string | null;
  /** `enabled` or `disabled`. */
  readonly status: string;
}

/** Attempts after a 429, about a minute in all: the library retries other failures, but not this one. */
const rateLimitRetries = 6;
const longestPauseMs = 30_000;

/** What the three list endpoints of Stripe have in common. */
type List = (params: { limit: number; starting_after?: string }) => PromiseLike<Page>;
interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly has_more: boolean;
}

/** Reads Stripe's lists page by page, one request at a time, with a rate limit. */
export class StripeApi {
  private stripe: Promise<Stripe> | undefined;
  private nextAt = 0;

  constructor(
    private readonly settings: StripeApiSettings,
    private readonly signal: AbortSignal = new AbortController().signal,
  ) {}

  /** What was created in a slice, newest first. @throws StripeApiError, or the reason of the signal */
  async *list({ of, from, to }: Slice): AsyncGenerator<readonly ListedEvent[]> {
    const seconds = (instant: string) => Date.parse(instant) / 1000;
    const created = { gte: seconds(from), ...(to !== undefined && { lt: seconds(to) }) };
    const { events, subscriptions, invoices } = await this.library();
    if (of === 'events') {
      const types = [...stripeEventTypes];
      // The library's types know only its own API version; `readStripeEvent` validates every event.
      yield* this.pages((page) => events.list({ types, created, ...page })) as AsyncGenerator<ListedEvent[]>;
      return;
    }
    const expand = ['data.customer'];
    for (const list of [
      (page) => subscriptions.list({ status: 'all', created, expand, ...page }),
      (page) => invoices.list({ status: 'paid', created, expand, ...page }),
    ] satisfies List[]) {
      for await (const objects of this.pages(list)) yield objects.flatMap((object) => eventsOf(object));
    }
  }

  /** The webhook endpoints of the key's mode, in any order: at most 100, and Stripe allows 16. @throws StripeApiError */
  async webhookEndpoints(): Promise<readonly WebhookEndpoint[]> {
    const { webhookEndpoints } = await this.library();
    return (await this.request(() => webhookEndpoints.list({ limit: 100 }))).data;
  }

  /** How many of the newest 100 undelivered events the gateway would have read. @throws StripeApiError */
  async undeliveredEvents(): Promise<number> {
    const { events } = await this.library();
    const types = [...stripeEventTypes];
    return (await this.request(() => events.list({ types, delivery_success: false, limit: 100 }))).data.length;
  }

  private library(): Promise<Stripe> {
    this.stripe ??= connect(this.settings, this.signal);
    return this.stripe;
  }

  private async *pages(list: List): AsyncGenerator<Page['data']> {
    for (let after: string | undefined, hasMore = true; hasMore; ) {
      const starting_after = after === undefined ? {} : { starting_after: after };
      const page = await this.request(() => list({ limit: 100, ...starting_after }));
      yield page.data;
      after = page.data.at(-1)?.id;
      hasMore = page.has_more && after !== undefined;
    }
  }

  private async request<T>(send: () => PromiseLike<T>): Promise<T> {
    for (let retries = 0; ; retries += 1) {
      await this.wait(this.nextAt - Date.now());
      this.nextAt = Date.now() + 1_000 / this.settings.requestsPerSecond;
      try {
        return await send();
      } catch (error) {
        this.signal.throwIfAborted();
        if (!isStripeError(error)) throw error;
        if (error.statusCode !== 429 || retries === rateLimitRetries) throw apiError(error);
        const retryAfterMs = Number(error.headers?.['retry-after'] ?? 0) * 1000 || 0;
        this.nextAt = Date.now() + Math.min(longestPauseMs, Math.max(500 * 2 ** retries, retryAfterMs));
      }
    }
  }

  private async wait(ms: number): Promise<void> {
    this.signal.throwIfAborted();
    if (ms <= 0) return;
    await sleep(ms, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
  }
}

/** Loads the library on demand: a worker that never sweeps does not need it. */
async function connect({ apiKey, url }: StripeApiSettings, stop: AbortSignal): Promise<Stripe> {
  const { default: Library } = await import('stripe');
  const { hostname: host, port, protocol } = new URL(url);
  return new Library(apiKey, {
    host,
    port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
    protocol: protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 3,
    timeout: 15_000,
    // The library takes no signal for a request.
    httpClient: Library.createFetchHttpClient((address, { signal, ...request } = {}) =>
      fetch(address, { ...request, signal: AbortSignal.any(signal ? [signal, stop] : [stop]) }),
    ),
  });
}

/** The fields of a listed subscription or invoice that make it an event. */
interface StripeObject {
  readonly id: string;
  readonly object?: string;
  readonly created?: number;
  readonly customer?: unknown;
  readonly status_transitions?: { readonly paid_at?: number | null } | null;
}

/**
 * The events that reported an object. An object does not show when its metadata were changed, so the lead id counts from
 * its creation: later events have priority.
 */
function eventsOf(listed: StripeObject): ListedEvent[] {
  const { object, customer, created = 0 } = listed;
  const event = (type: string, about: { readonly id: string }, at = created): ListedEvent => ({
    id: about.id,
    type,
    created: at,
    data: { object: about },
  });
  return [
    object === 'invoice'
      ? event('invoice.paid', listed, listed.status_transitions?.paid_at ?? created)
      : event('customer.subscription.created', listed),
    // Not as created: it may be older than the sweep.
    ...(isCustomer(customer) ? [event('customer.updated', customer, customer.created)] : []),
  ];
}

/** False for an id, and for a deleted customer, which has no creation date. */
function isCustomer(customer: unknown): customer is { readonly id: string; readonly created: number } {
  return typeof customer === 'object' && customer !== null && 'created' in customer && 'id' in customer;
}

const permissions = 'Create a restricted key that may read events, subscriptions, invoices and customers.';

/** The library's errors by their type: its classes are not loaded yet. */
function isStripeError(error: unknown): error is Stripe.errors.StripeError {
  return error instanceof Error && 'type' in error && String(error.type).startsWith('Stripe');
}

function apiError({ statusCode: status, code, type }: Stripe.errors.StripeError): StripeApiError {
  const made = (kind: StripeApiError['kind'], text: string) => {
    const answer = status === undefined ? 'does not answer' : `answered ${status}`;
    // Without the cause: it may repeat a part of the key.
    return new StripeApiError(kind, `Stripe ${answer}: ${text}`);
  };
  if (status === 401) return made('unauthorized', `it does not accept STRIPE_API_KEY. ${permissions}`);
  if (status === 403) return made('unauthorized', `STRIPE_API_KEY lacks a permission. ${permissions}`);
  if (status === 429) return made('rate-limited', 'too many requests. Lower STRIPE_REQUESTS_PER_SECOND.');
  if (status === undefined || status >= 500) return made('unavailable', 'it is safe to repeat the sweep.');
  return made('refused', `the list is not available (${code ?? type}).`);
}
