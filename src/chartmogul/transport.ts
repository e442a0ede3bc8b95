import fetch, { type RequestInit, type Response } from 'node-fetch';
import { ChartMogulError } from './errors.js';

export interface TransportOptions {
  readonly apiKey: string;
  /** Without `/v1`. Default: `https://api.chartmogul.com`. */
  readonly url?: string;
  /** Total timeout of a request in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
}

export interface RawRequest {
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An answer of any status, with its body as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly isOk: boolean;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
  /** ChartMogul's clock when it answered, in milliseconds since the epoch. */
  readonly serverTimeMs: number | undefined;
}

/** Sends requests with the API key of an account, and returns whatever ChartMogul answers. */
export class Transport {
  readonly url: string;
  private readonly authorization: string;
  private readonly timeoutMs: number;

  constructor({ apiKey, url = 'https://api.chartmogul.com', timeoutMs = 30_000 }: TransportOptions) {
    this.url = url.replace(/\/+$/, '');
    // The key is the user name; the password is empty.
    this.authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
    this.timeoutMs = timeoutMs;
  }

  /** @throws ChartMogulError if there is no answer, or the reason of `signal` if that aborted the request */
  async send(request: RawRequest, signal?: AbortSignal): Promise<RawAnswer> {
    // node-fetch destroys the body of a request that is aborted before it starts, without a listener for that error,
    // which would end the process.
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(this.timeoutMs);
    const url = new URL(this.url + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    try {
      const answer = await fetch(url, {
        method: request.method,
        headers: {
          authorization: this.authorization,
          accept: 'application/json',
          'user-agent': 'customer-journey',
          ...(request.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        compress: false, // an answer is one record: zlib costs more than the kilobyte it saves
        // node-fetch's own type for AbortSignal is older than Node's
        signal: (signal ? AbortSignal.any([signal, timeout]) : timeout) as RequestInit['signal'] & AbortSignal,
      });
      const text = await answer.text();
      const { status, ok: isOk } = answer;
      return { status, isOk, text, retryAfterMs: retryAfterMs(answer), serverTimeMs: serverTimeMs(answer) };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw new ChartMogulError(timeout.aborted ? `no answer within ${this.timeoutMs} ms` : 'no connection', {
        kind: 'unavailable',
        cause: error,
      });
    }
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller's schema rejects it
  }
}

/** Seconds or an HTTP date. ChartMogul documents neither, but proxies in front of it may send one. */
function retryAfterMs(answer: Response): number | undefined {
  const header = answer.headers.get('retry-after');
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function serverTimeMs(answer: Response): number | undefined {
  const ms = Date.parse(answer.headers.get('date') ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
