import type { Answer } from './answers.js';
import type { Table } from './tables.js';

/** Faults that are no answer: the connection is cut, held, or gives what is no JSON. */
export const brokenAnswers = ['reset', 'timeout', 'drop_answer', 'garbage'] as const;

/** The next calls of a route that are to fail, and how. */
export interface Fault {
  id: number;
  /** Method and path with its parameters' names replaced, e.g. `PATCH /v1/customers/:`. */
  route: string;
  status: number | (typeof brokenAnswers)[number];
  times: number;
  /** Calls let through before the first one fails. */
  skip: number;
  retryAfter?: number | undefined;
  body?: unknown;
}

/** Parameters' names do not matter: `/v1/customers/:uuid` and `/v1/customers/:id` are one route. */
export function routeKey(route: string): string {
  return route.trim().replace(/\s+/, ' ').replace(/:\w+/g, ':');
}

/** Uses up one call of the first fault of this route, and gives it if this call is to fail. */
export function takeFault(faults: Table<Fault>, route: string): Fault | undefined {
  if (faults.size === 0) return undefined;
  const key = routeKey(route);
  for (const [id, fault] of faults.entries()) {
    if (fault.route !== key) continue;
    if (fault.skip > 0) {
      faults.put(id, { ...fault, skip: fault.skip - 1 });
      return undefined;
    }
    if (fault.times > 1) faults.put(id, { ...fault, times: fault.times - 1 });
    else faults.delete(id);
    return fault;
  }
  return undefined;
}

/** What a fault with a status answers: the shape in which that status really occurs. */
export function faultAnswer(status: number, fault: Fault): Answer {
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.body !== undefined) return { status, body: fault.body, headers };
  if (status === 422) return { status, headers, body: { errors: { base: 'This request was refused by a fault.' } } };
  // Recorded: 5xx come without JSON, a 500 even without any body (chartmogul-php issue 132).
  if (status === 500) return { status, headers };
  if (status > 500) return { status, headers, text: gatewayText(status) };
  return { status, headers, body: { code: status, message: messages[status] ?? 'Failed by a fault', param: null } };
}

function gatewayText(status: number): string {
  return (
    { 502: '502 Bad Gateway', 503: '503 Service Temporarily Unavailable', 504: '504 Gateway Time-out' }[status] ??
    String(status)
  );
}

const messages: Record<number, string> = {
  400: 'The request is not valid',
  401: 'No valid API key provided',
  402: 'The parameters were valid but the request failed',
  403: 'The requested action is forbidden',
  404: 'Not found',
  429: 'Your request rate has exceeded our rate limit.',
};
