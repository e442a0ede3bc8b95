import type { Answer } from './answers.js';
import type { Table } from './tables.js';

/** Faults without a valid answer: the connection is closed or held, or the body is not JSON. */
export const brokenAnswers = ['reset', 'timeout', 'drop_answer', 'garbage'] as const;

/** How the next calls of a route fail. */
export interface Fault {
  id: number;
  /** Method and path with parameter names removed, e.g. `PATCH /v1/customers/:`. */
  route: string;
  status: number | (typeof brokenAnswers)[number];
  times: number;
  /** The number of calls that succeed before the first one fails. */
  skip: number;
  retryAfter?: number | undefined;
  body?: unknown;
}

/** Parameter names do not matter: `/v1/customers/:uuid` and `/v1/customers/:id` are the same route. */
export function routeKey(route: string): string {
  return route.trim().replace(/\s+/, ' ').replace(/:\w+/g, ':');
}

/** Counts a call against the first fault of this route, and returns the fault if the call must fail. */
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

/** The answer of a fault with a status, in the shape that ChartMogul uses for that status. */
export function faultAnswer(status: number, fault: Fault): Answer {
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.body !== undefined) return { status, body: fault.body, headers };
  if (status === 422) return { status, headers, body: { errors: { base: 'This request was refused by a fault.' } } };
  // Recorded: 5xx answers have no JSON, and a 500 has no body (chartmogul-php issue 132).
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
