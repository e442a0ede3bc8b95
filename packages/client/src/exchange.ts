import { GatewayError, isRetryableStatus, problemError, readProblem } from './errors.js';

export interface Gateway {
  readonly url: URL;
  readonly key: string | undefined;
  readonly fetch: typeof fetch;
  readonly attemptTimeoutMs: number;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  /** Relative to the gateway's URL, for example `v1/events`. */
  readonly path: string;
  /** The name of the request in errors, without ids. */
  readonly name: string;
  /** JSON. */
  readonly body?: string;
}

/**
 * Sends one request, without retries.
 *
 * @returns the JSON body of a successful response.
 * @throws GatewayError for any other response, or if there is none; the signal's reason if the caller aborted.
 */
export async function exchange(gateway: Gateway, request: Request, signal: AbortSignal | undefined): Promise<unknown> {
  signal?.throwIfAborted();
  const tooLate = AbortSignal.timeout(gateway.attemptTimeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await gateway.fetch(new URL(request.path, gateway.url), {
      method: request.method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(gateway.key !== undefined && { authorization: `Bearer ${gateway.key}` }),
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(request.body !== undefined && { body: request.body }),
      // A followed redirect could turn a POST into a GET, and the response would come from a server without the event.
      redirect: 'manual',
      signal: signal === undefined ? tooLate : AbortSignal.any([signal, tooLate]),
    });
    text = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    const why = tooLate.aborted ? `timed out after ${gateway.attemptTimeoutMs} ms` : 'the gateway cannot be reached';
    throw new GatewayError(`${request.name}: ${why}`, { isRetryable: true, cause });
  }
  return readAnswer(response, parseJson(text), request);
}

function readAnswer(response: Response, body: unknown, { name }: Request): unknown {
  const { status } = response;
  if (response.ok && typeof body === 'object' && body !== null) return body;
  const problem = readProblem(body);
  const retryAfterMs = readRetryAfter(response.headers.get('retry-after'));
  if (!response.ok && problem !== undefined) return raise(problemError({ ...problem, status }, name, retryAfterMs));
  // The response comes from a proxy, or the URL is not a gateway's.
  throw new GatewayError(`${name}: the response with status ${status} is not from the gateway; check the URL`, {
    status,
    isRetryable: isRetryableStatus(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function raise(error: GatewayError): never {
  throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After` is in seconds, or a date. */
function readRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
