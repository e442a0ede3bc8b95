import { z } from 'zod';
import { ChartMogulError } from '../chartmogul/errors.js';
import { RequestPace } from '../chartmogul/request-pace.js';
import {
  parseJson,
  type RawAnswer,
  type RawRequest,
  Transport,
  type TransportOptions,
} from '../chartmogul/transport.js';
import { type Answer, described } from './answers.js';
import { ProbeError } from './errors.js';

export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface ApiOptions {
  readonly chartMogul: TransportOptions;
  readonly requestsPerSecond: number;
  readonly pause: Pause;
}

const mostAttempts = 8;
/** ChartMogul has answered some invalid requests with a 500 (docs/sandbox.md), which then is the answer. */
const attemptsUntil500IsFinal = 4;
const longestPauseMs = 60_000;
const rateLimitText = 'Your request rate has exceeded our rate limit.';

/**
 * Requests of a probe: raw answers, slowly, with retries of 429, 5xx and lost connections. The signal ends it between
 * two requests and never within one: afterwards it is known which records exist.
 */
export class ProbeApi {
  /** Every kind of 429 and 503 that came by itself. */
  readonly limits = new Set<string>();
  private readonly transport: Transport;
  private readonly pace: RequestPace;

  constructor(
    private readonly options: ApiOptions,
    private readonly signal?: AbortSignal,
  ) {
    this.transport = new Transport(options.chartMogul);
    this.pace = new RequestPace(options.requestsPerSecond);
  }

  /** Any final answer. @throws ProbeError if there is none, or the signal's reason */
  async request(request: RawRequest): Promise<Answer> {
    let sentAt: number | undefined;
    for (let attempts = 1; ; attempts += 1) {
      await this.pace.turn(this.signal);
      sentAt ??= performance.now();
      const answer = await this.attempt(request);
      if (answer !== undefined && isFinal(answer, attempts)) {
        return { status: answer.status, text: answer.text, sentAt, answeredAt: performance.now(), attempts };
      }
      if (answer?.status === 429 || answer?.status === 503) this.limits.add(limitOf(answer));
      if (attempts === mostAttempts) throw unavailable(answer);
      const backoffMs = Math.min(1000 * 2 ** (attempts - 1), longestPauseMs);
      await this.pause(Math.max(backoffMs, answer?.retryAfterMs ?? 0));
    }
  }

  /** An answer with one of these statuses, parsed. `what` names the request in the error. @throws ProbeError */
  async need<Schema extends z.ZodType>(request: RawRequest, what: string, schema: Schema, statuses = [200]) {
    const answer = await this.request(request);
    return { answer, data: read(answer, what, schema, statuses) };
  }

  /** Waits, unless the signal ends it. @throws the signal's reason */
  async pause(ms: number): Promise<void> {
    this.signal?.throwIfAborted();
    await this.options.pause(ms, this.signal);
  }

  private async attempt(request: RawRequest): Promise<RawAnswer | undefined> {
    try {
      return await this.transport.send(request);
    } catch (error) {
      if (error instanceof ChartMogulError) return undefined;
      throw error;
    }
  }
}

function isFinal({ status }: RawAnswer, attempts: number): boolean {
  return (status < 500 && status !== 429) || (status === 500 && attempts >= attemptsUntil500IsFinal);
}

/** @throws ProbeError if the answer has another status or is not ChartMogul's */
export function read<Schema extends z.ZodType>(
  answer: Answer,
  what: string,
  schema: Schema,
  statuses: readonly number[],
): z.output<Schema> {
  if (answer.status === 401 || answer.status === 403) throw unauthorized(what, answer);
  if (!statuses.includes(answer.status)) {
    throw new ProbeError('chartmogul-refused', `ChartMogul refused ${what}: ${described(answer)}.`);
  }
  const parsed = schema.safeParse(parseJson(answer.text));
  if (parsed.success) return parsed.data;
  throw new ProbeError('chartmogul-refused', `The answer to ${what} is not ChartMogul's. Check CHARTMOGUL_URL.`);
}

/** For an answer without content that matters. */
export const nothing = z.unknown();

function unauthorized(what: string, answer: Answer): ProbeError {
  const reason = `ChartMogul refused ${what} (${described(answer)}).`;
  return new ProbeError(
    'config',
    `${reason} The probe needs a valid CHARTMOGUL_API_KEY that may read and write, of an account that has not expired.`,
  );
}

function unavailable(answer: RawAnswer | undefined): ProbeError {
  const what = answer === undefined ? 'cannot be reached' : `answers only with ${answer.status}`;
  return new ProbeError('chartmogul-unavailable', `ChartMogul ${what}: gave up after ${mostAttempts} attempts.`);
}

function limitOf(answer: RawAnswer): string {
  const seconds = answer.retryAfterMs === undefined ? 'no' : `${Math.round(answer.retryAfterMs / 1000)} s`;
  const text = answer.text.includes(rateLimitText) ? ', the documented text' : '';
  return `${described(answer)}${text}, ${seconds} Retry-After`;
}
