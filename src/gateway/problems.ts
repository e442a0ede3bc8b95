import { z } from 'zod';

/** Every problem that a response can name. Stable: clients branch on the type. docs/problems.md says what to do. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-request': { status: 400, title: 'Invalid request' },
  'signature-refused': { status: 400, title: 'Invalid webhook signature' },
  unauthorized: { status: 401, title: 'Missing or invalid key' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Unknown address' },
  'journey-not-found': { status: 404, title: 'No journey for this lead' },
  'method-not-allowed': { status: 405, title: 'Method not allowed at this address' },
  'request-timeout': { status: 408, title: 'The request timed out' },
  'link-refused': { status: 409, title: 'The link was refused' },
  'too-large': { status: 413, title: 'The request is too large' },
  'address-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'unreadable-event': { status: 422, title: "Unsupported format of the billing system's event" },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Unexpected error in the gateway' },
  overloaded: { status: 503, title: 'Too many queued requests' },
  'temporal-unavailable': { status: 503, title: 'Temporal cannot be reached' },
  'no-worker': { status: 503, title: 'No worker responded' },
} as const;
export type ProblemCode = keyof typeof problems;

const prefix = 'urn:customer-journey:problem:';

/** One error in a request, by JSON pointer into its body. */
const problemDetail = z.object({ pointer: z.string(), detail: z.string() });
export type ProblemDetail = z.output<typeof problemDetail>;

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string().meta({
      description: `\`${prefix}\` followed by a code from docs/problems.md`,
      examples: [`${prefix}forbidden`],
    }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    errors: z.array(problemDetail).exactOptional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong and what to do, in the format of RFC 9457.' });
export type ProblemDocument = z.output<typeof problemSchema>;

/** Ends a request with a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly more: {
      readonly errors?: readonly ProblemDetail[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }

  get status(): number {
    return problems[this.code].status;
  }

  get document(): ProblemDocument {
    const { status, title } = problems[this.code];
    const { errors } = this.more;
    return { type: prefix + this.code, title, status, detail: this.detail, ...(errors && { errors: [...errors] }) };
  }
}

/** How long a client waits before it retries after a temporary failure, in seconds. */
export const retryAfter = { 'retry-after': '5' } as const;
