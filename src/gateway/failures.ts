import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import type { Problem } from '../domain/journey/reports.js';
import { InvalidInputError, JourneyNotFoundError, JourneyRefusedError, NoWorkerError } from '../journeys/errors.js';
import { TemporalConfigError, TemporalUnavailableError } from '../temporal/errors.js';
import { type ProblemCode, ProblemError, retryAfter } from './problems.js';
import { snakeCase } from './wire.js';

/** Longer names of unknown fields are cut off in the response. */
const longestName = 60;

/** Turns every error into a response. Unexpected errors become `internal`; their messages are not disclosed. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof InvalidInputError) {
    // Convert our field names to those of the request.
    return invalid(error.problems.map(({ pointer, message }) => ({ pointer: snakeCase(pointer), message })));
  }
  const known = knownErrors.find(({ type }) => error instanceof type);
  if (known && error instanceof Error) {
    const { code, detail, isPassing } = known;
    return new ProblemError(code, detail(error.message), isPassing ? { headers: retryAfter } : {}, { cause: error });
  }
  return (
    ofFastify(error) ??
    new ProblemError('internal', 'The error is in the log, with the id of this request.', {}, { cause: error })
  );
}

/** The problem for an input that does not match its schema. */
export function invalidInput({ issues }: z.ZodError): ProblemError {
  return invalid(issues.flatMap(problemsOf));
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const pointer = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${key.slice(0, longestName)}`,
      message: 'is an unknown field',
    }));
  }
  return [{ pointer, message: messageOf(issue) }];
}

/** Replaces zod's default messages; keeps the messages that our schemas define. */
function messageOf({ code, message, ...issue }: z.core.$ZodIssue): string {
  if (message.endsWith('received undefined')) return 'is missing';
  const of = /expected (?<what>\w+)/.exec(message)?.groups?.what;
  if (code === 'invalid_type' && of !== undefined) return `must be ${/^[aeiou]/.test(of) ? 'an' : 'a'} ${of}`;
  if (code === 'invalid_union')
    return message.replace(/^Invalid discriminator value. Expected/, 'must be').replaceAll(' |', ',');
  if (code === 'too_small' && 'origin' in issue) return `must not be empty`;
  if (code === 'too_big' && 'maximum' in issue) return `must not have more than ${issue.maximum} entries`;
  return message;
}

function invalid(problems: readonly Problem[]): ProblemError {
  const errors = problems.map(({ pointer, message }) => ({ pointer, detail: message }));
  const detail = errors.map(({ pointer, detail }) => `${pointer || 'the body'} ${detail}`).join('; ');
  return new ProblemError('invalid-request', `Nothing was accepted: ${detail}.`, { errors });
}

interface KnownError {
  readonly type: new (...args: never[]) => Error;
  readonly code: ProblemCode;
  /** Receives the error's message, which may name an internal host and must not be disclosed then. */
  readonly detail: (message: string) => string;
  readonly isPassing?: true;
}

const isAway = () => 'Temporal is unavailable. Retry later: a retry is always safe.';

const knownErrors: readonly KnownError[] = [
  {
    type: JourneyNotFoundError,
    code: 'journey-not-found',
    detail: () =>
      'No event was reported for this lead, or its journey ended and its Temporal retention period is over.',
  },
  { type: JourneyRefusedError, code: 'link-refused', detail: (message) => message },
  {
    type: NoWorkerError,
    code: 'no-worker',
    detail: () => 'This request needs a worker, and none responded. Start one with `customer-journey worker`.',
    isPassing: true,
  },
  { type: TemporalUnavailableError, code: 'temporal-unavailable', detail: isAway, isPassing: true },
  { type: TemporalConfigError, code: 'temporal-unavailable', detail: isAway, isPassing: true },
];

/** Errors that Fastify itself throws, before it calls a route. */
function ofFastify(error: unknown): ProblemError | undefined {
  const { code, statusCode, message } = (error ?? {}) as Partial<FastifyError>; // only Fastify's errors have these
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError('unsupported-media-type', 'Send JSON with `Content-Type: application/json`.');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ProblemError('too-large', 'Send a smaller body; see the limits in docs/gateway.md.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ProblemError('address-too-long', 'The address is too long; a lead id has at most 255 characters.');
    case 'FST_ERR_BAD_URL':
      return new ProblemError('malformed-request', 'The address has an invalid percent-encoding.');
    default: {
      const isTheirs = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
      return isTheirs
        ? new ProblemError('malformed-request', `The body cannot be read: ${plain(message)}.`)
        : undefined;
    }
  }
}

/** The parser's message, without the part of the body that it quotes. */
function plain(message = ''): string {
  return /^Body |^Request body size/.test(message) ? message : 'it is not JSON';
}
