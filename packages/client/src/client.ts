import { batchBody, cutIntoBatches, readResults } from './batches.js';
import { GatewayError } from './errors.js';
import { exchange, type Gateway } from './exchange.js';
import type {
  Accepted,
  EventResult,
  EventResults,
  JourneyEvent,
  LeadCreated,
  LeadView,
  PaymentSucceeded,
  TrialStarted,
} from './messages.js';
import { type RetryPolicy, withRetries } from './retries.js';
import { fromWire, notOurs, readAccepted, toWire } from './wire.js';

export interface JourneyClientOptions {
  /** The URL of the gateway, for example `https://journeys.example.com`. It may have a path. */
  readonly url: string | URL;
  /** The key from `customer-journey key`. Omit it for a gateway that runs with `--insecure-local`. */
  readonly key?: string;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** The timeout of one attempt. Default: 15,000. */
  readonly attemptTimeoutMs?: number;
  /** No attempt starts later than this after the first one. 0: no retries. Default: 60,000. */
  readonly giveUpAfterMs?: number;
  /** The backoff after the first failed attempt; it doubles after each further attempt. Default: 250. */
  readonly firstPauseMs?: number;
  /** The maximum backoff. Default: 10,000. */
  readonly longestPauseMs?: number;
}

export interface CallOptions {
  /** Aborts the call, even during backoff; it fails with the signal's reason. Sent events may have been accepted. */
  readonly signal?: AbortSignal;
}

/**
 * Reports facts of leads to the gateway of `customer-journey`. Every call is idempotent, and the order does not matter,
 * so the client automatically retries requests that failed temporarily.
 *
 * An event with the status `accepted` is stored in Temporal. A failed call throws a {@link GatewayError}, whose
 * `isRetryable` says whether the same request may succeed later.
 */
export class JourneyClient {
  readonly #gateway: Gateway;
  readonly #retries: RetryPolicy;

  /** @throws TypeError if an option is invalid. */
  constructor(options: JourneyClientOptions) {
    const { key } = options;
    if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new TypeError('key has invalid characters');
    this.#gateway = {
      url: baseUrl(options.url),
      key,
      // Called as a method of the global object, which browsers require.
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      attemptTimeoutMs: milliseconds(options.attemptTimeoutMs ?? 15_000, 'attemptTimeoutMs'),
    };
    this.#retries = {
      giveUpAfterMs: milliseconds(options.giveUpAfterMs ?? 60_000, 'giveUpAfterMs'),
      firstPauseMs: milliseconds(options.firstPauseMs ?? 250, 'firstPauseMs'),
      longestPauseMs: milliseconds(options.longestPauseMs ?? 10_000, 'longestPauseMs'),
    };
  }

  /** @throws GatewayError */
  leadCreated(leadId: string, lead: LeadCreated, options?: CallOptions): Promise<Accepted> {
    return this.event({ type: 'lead.created', leadId, ...lead }, options);
  }

  /** @throws GatewayError */
  trialStarted(leadId: string, trial: TrialStarted, options?: CallOptions): Promise<Accepted> {
    return this.event({ type: 'trial.started', leadId, ...trial }, options);
  }

  /** @throws GatewayError */
  paymentSucceeded(leadId: string, payment: PaymentSucceeded, options?: CallOptions): Promise<Accepted> {
    return this.event({ type: 'payment.succeeded', leadId, ...payment }, options);
  }

  /** One event. @throws GatewayError */
  async event(event: JourneyEvent, options: CallOptions = {}): Promise<Accepted> {
    const name = 'POST /v1/events';
    const body = JSON.stringify(toWire(event, 'event'));
    const answer = await this.#exchange({ method: 'POST', path: 'v1/events', name, body }, options.signal);
    return readAccepted(answer, name);
  }

  /**
   * Sends any number of events, 100 per request. Check `rejected`: a rejected event does not stop the others, so this
   * throws only if the call itself is invalid or aborted. Retryable events are retried. When a request fails
   * permanently, the events after it are not sent, and their results have its error.
   *
   * @throws TypeError for an invalid Date or an unknown field, before anything is sent.
   */
  async events(events: readonly JourneyEvent[], options: CallOptions = {}): Promise<EventResults> {
    const bodies = events.map((event, index) => JSON.stringify(toWire(event, `events[${index}]`)));
    const results = new Array<EventResult>(events.length);
    let fatal: GatewayError | undefined;
    for (const batch of cutIntoBatches(bodies)) {
      fatal ??= await this.#batch(batch, bodies, results, options.signal);
      for (const index of batch) {
        // Events without a result: this request, or an earlier one, failed as a whole.
        results[index] ??= rejection(events[index]?.id, fatal ?? notOurs('POST /v1/events/batch'));
      }
    }
    const accepted = results.filter(({ status }) => status === 'accepted').length;
    return { accepted, rejected: results.length - accepted, results };
  }

  /** The current state of a lead. @throws GatewayError, with status 404 if the lead is unknown. */
  async lead(leadId: string, options: CallOptions = {}): Promise<LeadView> {
    const name = 'GET /v1/leads/{lead_id}';
    const path = `v1/leads/${encodeURIComponent(leadId)}`;
    const view = fromWire(await this.#exchange({ method: 'GET', path, name }, options.signal)) as LeadView; // trusted
    if (view.leadId !== leadId) throw notOurs(name);
    return view;
  }

  /** Sends a batch until each of its events has a final result. @returns the error, if the whole request failed. */
  async #batch(
    batch: readonly number[],
    bodies: readonly string[],
    results: EventResult[],
    signal: AbortSignal | undefined,
  ): Promise<GatewayError | undefined> {
    const name = 'POST /v1/events/batch';
    let pending = batch;
    const attempt = async () => {
      const body = batchBody(pending.map((index) => bodies[index] ?? ''));
      const answer = await exchange(this.#gateway, { method: 'POST', path: 'v1/events/batch', name, body }, signal);
      const read = readResults(answer, pending.length, name);
      for (const [place, index] of pending.entries()) results[index] = read[place] as EventResult; // same length
      const errors = pending.map((index) => retryableError(results[index]));
      pending = pending.filter((_, place) => errors[place] !== undefined);
      const [error] = errors.filter((known) => known !== undefined);
      if (error !== undefined) throw error;
    };
    try {
      await withRetries(this.#retries, signal, attempt);
      return undefined;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // If only single events failed, they have their own results, and the next batch may succeed.
      return pending.every((index) => results[index] !== undefined) ? undefined : error;
    }
  }

  #exchange(request: Parameters<typeof exchange>[1], signal: AbortSignal | undefined): Promise<unknown> {
    return withRetries(this.#retries, signal, () => exchange(this.#gateway, request, signal));
  }
}

function retryableError(result: EventResult | undefined): GatewayError | undefined {
  return result?.status === 'rejected' && result.error.isRetryable ? result.error : undefined;
}

function rejection(id: string | undefined, error: GatewayError): EventResult {
  return { status: 'rejected', ...(id !== undefined && { id }), error };
}

function baseUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new TypeError('url must be an http or https URL');
  if (url.username !== '' || url.password !== '')
    throw new TypeError('url must not contain credentials; pass the key as key');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  url.hash = '';
  return url;
}

function milliseconds(value: number, name: string): number {
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name} must be a number of milliseconds`);
  return value;
}
