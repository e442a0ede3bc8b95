/** The problem details of an error response, as in RFC 9457. */
export interface GatewayProblem {
  /** `urn:customer-journey:problem:` and a code from docs/problems.md. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  /** The invalid fields of the request, each with a JSON pointer into its body. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The gateway rejected a request or did not respond. The message contains neither the key nor the request body. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** Undefined if there was no response. */
  readonly status: number | undefined;
  /** The gateway's problem details. Undefined if there was no response, or it did not come from the gateway. */
  readonly problem: GatewayProblem | undefined;
  /** Whether the same request may succeed later. */
  readonly isRetryable: boolean;
  /** The delay from the gateway's `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    about: { status?: number; problem?: GatewayProblem; isRetryable: boolean; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.status = about.status;
    this.problem = about.problem;
    this.isRetryable = about.isRetryable;
    this.retryAfterMs = about.retryAfterMs;
  }
}

/** Whether a request with this status may succeed later: timeouts, rate limits and server errors. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

export function problemError(problem: GatewayProblem, what: string, retryAfterMs?: number): GatewayError {
  const { status, title, detail } = problem;
  return new GatewayError(`${what}: ${status} ${title}${detail === undefined ? '' : `. ${detail}`}`, {
    status,
    problem,
    isRetryable: isRetryableStatus(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Reads problem details. Undefined if the body has none. */
export function readProblem(body: unknown): GatewayProblem | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { type, title, status, detail, instance, errors } = body as Record<string, unknown>; // checked above
  if (typeof type !== 'string' || typeof title !== 'string' || typeof status !== 'number') return undefined;
  return {
    type,
    title,
    status,
    ...(typeof detail === 'string' && { detail }),
    ...(typeof instance === 'string' && { instance }),
    ...(Array.isArray(errors) && { errors: errors.flatMap(readProblemDetail) }),
  };
}

function readProblemDetail(value: unknown): { pointer: string; detail: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { pointer, detail } = value as Record<string, unknown>; // checked above
  return typeof pointer === 'string' && typeof detail === 'string' ? [{ pointer, detail }] : [];
}
