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
  /** Where the gateway is, for example `https://journeys.example.com`. A path is kept. */
  readonly url: string | URL;
  /** As `customer-journey key` showed it. None for a gateway that runs with `--insecure-local`. */
  readonly key?: string;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** How long one attempt may take. Default: 15,000. */
  readonly attemptTimeoutMs?: number;
  /** No attempt begins later than this after the first one. 0: one attempt only. Default: 60,000. */
  readonly giveUpAfterMs?: number;
  /** The pause after a first attempt that failed; each one after it is twice as long. Default: 250. */
  readonly firstPauseMs?: number;
  /** Default: 10,000. */
  readonly longestPauseMs?: number;
}

export interface CallOptions {
  /** Ends the call, also in a pause; it then fails with the signal's reason. What was sent may have been taken. */
  readonly signal?: AbortSignal;
}

/**
 * Reports facts of leads to the gateway of `customer-journey`. Every call may be repeated, in any order: a journey takes a fact
 * that it knows without harm. So the client repeats by itself what the gateway could not take.
 *
 * A call that returns `accepted` is safe in Temporal. One that fails throws a {@link GatewayError}, which says whether the same
 * request may succeed later.
 */
export class JourneyClient {
  readonly #gateway: Gateway;
  readonly #retries: RetryPolicy;

  /** @throws TypeError if an option cannot be used. */
  constructor(options: JourneyClientOptions) {
    const { key } = options;
    if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new TypeError('key has characters that no key has');
    this.#gateway = {
      url: baseUrl(options.url),
      key,
      // Called free of its object, as a browser demands it.
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
   * Any number of events, a hundred at a time. Look at `rejected`: one event that is not taken does not stop the others, so this
   * throws only for what is wrong with the call itself. What may be taken later is repeated; when a request fails for good, the
   * events after it are not sent, and carry its error.
   *
   * @throws TypeError before anything is sent, for an invalid Date or a misspelt field.
   */
  async events(events: readonly JourneyEvent[], options: CallOptions = {}): Promise<EventResults> {
    const bodies = events.map((event, index) => JSON.stringify(toWire(event, `events[${index}]`)));
    const results = new Array<EventResult>(events.length);
    let fatal: GatewayError | undefined;
    for (const batch of cutIntoBatches(bodies)) {
      fatal ??= await this.#batch(batch, bodies, results, options.signal);
      for (const index of batch) {
        // Without a result of its own, the request as a whole failed, this one or one before it.
        results[index] ??= rejection(events[index]?.id, fatal ?? notOurs('POST /v1/events/batch'));
      }
    }
    const accepted = results.filter(({ status }) => status === 'accepted').length;
    return { accepted, rejected: results.length - accepted, results };
  }

  /** Where a lead stands. @throws GatewayError, with status 404 if nothing is known of it. */
  async lead(leadId: string, options: CallOptions = {}): Promise<LeadView> {
    const name = 'GET /v1/leads/{lead_id}';
    const path = `v1/leads/${encodeURIComponent(leadId)}`;
    const view = fromWire(await this.#exchange({ method: 'GET', path, name }, options.signal)) as LeadView; // the gateway's
    if (view.leadId !== leadId) throw notOurs(name);
    return view;
  }

  /** Sends a batch until each of its events has a result that stands. @returns why it failed as a whole. */
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
      for (const [place, index] of pending.entries()) results[index] = read[place] as EventResult; // as many, just counted
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
      // Given up on single events: they have their own results, and the next batch may fare better.
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
  if (url.username !== '' || url.password !== '') throw new TypeError('url must not hold a user; give the key as key');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  url.hash = '';
  return url;
}

function milliseconds(value: number, name: string): number {
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name} must be a number of milliseconds`);
  return value;
}
