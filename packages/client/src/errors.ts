/** What the gateway says of a refusal, as in RFC 9457. */
export interface GatewayProblem {
  /** `urn:customer-journey:problem:` and a code of docs/problems.md. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  /** What is wrong with the request, by JSON pointer into its body. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The gateway did not take a request, or did not answer. The message holds neither the key nor what was sent. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** Undefined: no answer came. */
  readonly status: number | undefined;
  /** What the gateway said. Undefined where no answer came, or one that is not the gateway's. */
  readonly problem: GatewayProblem | undefined;
  /** Whether the same request may be taken later. */
  readonly isRetryable: boolean;
  /** How long the gateway asks to wait before that. */
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

/** Whether a request that was answered so may be taken later: too slow, too much at once, or the gateway's own trouble. */
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

/** Reads a problem, if it is one. */
export function readProblem(body: unknown): GatewayProblem | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { type, title, status, detail, instance, errors } = body as Record<string, unknown>; // just looked
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
  const { pointer, detail } = value as Record<string, unknown>; // just looked
  return typeof pointer === 'string' && typeof detail === 'string' ? [{ pointer, detail }] : [];
}
