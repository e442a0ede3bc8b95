import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import type { Problem } from '../domain/journey/reports.js';
import { InvalidInputError, JourneyNotFoundError, JourneyRefusedError, NoWorkerError } from '../journeys/errors.js';
import { TemporalConfigError, TemporalUnavailableError } from '../temporal/connect.js';
import { type ProblemCode, ProblemError, retryAfter } from './problems.js';
import { snakeCase } from './wire.js';

/** As much of an unknown field's name as is repeated. */
const longestName = 60;

/** The one place where what went wrong becomes an answer. What nobody foresaw is a bug, and says nothing of itself. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof InvalidInputError) {
    // Ours name fields our way; whoever wrote the request wants to read theirs.
    return invalid(error.problems.map(({ pointer, message }) => ({ pointer: snakeCase(pointer), message })));
  }
  const known = knownErrors.find(({ type }) => error instanceof type);
  if (known && error instanceof Error) {
    const { code, detail, isPassing } = known;
    return new ProblemError(code, detail(error.message), isPassing ? { headers: retryAfter } : {}, { cause: error });
  }
  return (
    ofFastify(error) ??
    new ProblemError('internal', 'It is in the log, with the id of this request.', {}, { cause: error })
  );
}

/** An input that is not what its schema asks for. */
export function invalidInput({ issues }: z.ZodError): ProblemError {
  return invalid(issues.flatMap(problemsOf));
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const pointer = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${key.slice(0, longestName)}`,
      message: 'is not known here',
    }));
  }
  return [{ pointer, message: messageOf(issue) }];
}

/** Zod's own words are for programmers of zod; where a schema has words of its own, they stand. */
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
  return new ProblemError('invalid-request', `Nothing was taken: ${detail}.`, { errors });
}

interface KnownError {
  readonly type: new (...args: never[]) => Error;
  readonly code: ProblemCode;
  /** From the error's own message, which may name a host that is nobody's business. */
  readonly detail: (message: string) => string;
  readonly isPassing?: true;
}

const isAway = () => 'Temporal does not take it now. Nothing is lost or half done: send it again.';

const knownErrors: readonly KnownError[] = [
  {
    type: JourneyNotFoundError,
    code: 'journey-not-found',
    detail: () => 'Nothing was reported of this lead, or its journey ended so long ago that Temporal has forgotten it.',
  },
  { type: JourneyRefusedError, code: 'link-refused', detail: (message) => message },
  {
    type: NoWorkerError,
    code: 'no-worker',
    detail: () => 'Only a worker can answer this, and none does. Start one with `customer-journey worker`.',
    isPassing: true,
  },
  { type: TemporalUnavailableError, code: 'temporal-unavailable', detail: isAway, isPassing: true },
  { type: TemporalConfigError, code: 'temporal-unavailable', detail: isAway, isPassing: true },
];

/** What Fastify itself refuses, before a route is asked. */
function ofFastify(error: unknown): ProblemError | undefined {
  const { code, statusCode, message } = (error ?? {}) as Partial<FastifyError>; // its errors are marked by these
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError('unsupported-media-type', 'Send JSON with `Content-Type: application/json`.');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ProblemError('too-large', 'Send less at once; see the limits in docs/gateway.md.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ProblemError(
        'address-too-long',
        'Nothing here has so long a name; a lead id has at most 255 characters.',
      );
    case 'FST_ERR_BAD_URL':
      return new ProblemError('malformed-request', 'The address has an escape that cannot be read.');
    default: {
      const isTheirs = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
      return isTheirs
        ? new ProblemError('malformed-request', `The body cannot be read: ${plain(message)}.`)
        : undefined;
    }
  }
}

/** The parser's words, without the piece of the body that it quotes. */
function plain(message = ''): string {
  return /^Body |^Request body size/.test(message) ? message : 'it is not JSON';
}
