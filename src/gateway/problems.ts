import { z } from 'zod';

/** Every problem that an answer can name. Stable: clients branch on the type. docs/problems.md tells what to do. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-request': { status: 400, title: 'The request is not as it has to be' },
  'signature-refused': { status: 400, title: 'The signature is not that of the billing system' },
  unauthorized: { status: 401, title: 'A valid key is missing' },
  forbidden: { status: 403, title: 'This is not allowed' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'journey-not-found': { status: 404, title: 'No journey of this lead is known' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'link-refused': { status: 409, title: 'The link comes too late' },
  'too-large': { status: 413, title: 'The request is too large' },
  'address-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'unreadable-event': { status: 422, title: "The billing system's event is not understood" },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'A bug of the gateway' },
  overloaded: { status: 503, title: 'Too much at once' },
  'temporal-unavailable': { status: 503, title: 'Temporal cannot be reached' },
  'no-worker': { status: 503, title: 'No worker answers' },
} as const;
export type ProblemCode = keyof typeof problems;

const prefix = 'urn:customer-journey:problem:';

/** One thing that is wrong with a request, by JSON pointer into its body. */
const problemDetail = z.object({ pointer: z.string(), detail: z.string() });
export type ProblemDetail = z.output<typeof problemDetail>;

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .meta({ description: `\`${prefix}\` and a code of docs/problems.md`, examples: [`${prefix}forbidden`] }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    errors: z.array(problemDetail).exactOptional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong and what to do, as in RFC 9457.' });
export type ProblemDocument = z.output<typeof problemSchema>;

/** A request ends with a problem. */
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

/** How long whoever meets a passing trouble shall wait, in seconds. */
export const retryAfter = { 'retry-after': '5' } as const;
