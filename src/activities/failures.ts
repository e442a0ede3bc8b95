import { activityInfo, CancelledFailure, log } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ChartMogulError, type ChartMogulErrorKind, externalIdExists } from '../chartmogul/errors.js';
import { milliseconds } from '../domain/duration.js';
import type { StepName } from '../domain/journey/attention.js';
import { StripeApiError } from '../stripe/api-error.js';

/** What the workflow learns about a failure besides its type. Only ChartMogul texts on the list below are included. */
export interface FailureDetail {
  readonly status?: number;
  readonly text?: string;
}

/**
 * Maps HTTP outcomes to Temporal failures. No other code does this.
 *
 * | kind           | type         | retried                                               |
 * | -------------- | ------------ | ----------------------------------------------------- |
 * | rate-limited   | RateLimited  | yes, not before `Retry-After` (at most 5 minutes)     |
 * | unavailable    | Unavailable  | yes                                                   |
 * | unauthorized   | Unauthorized | no: it affects all leads, so it is reported at once   |
 * | not-found      | Refused      | no                                                    |
 * | already-exists | Refused      | no                                                    |
 * | refused        | Refused      | no                                                    |
 *
 * Types are stable: people search and alert on them.
 */
const outcomes: Record<ChartMogulErrorKind, { readonly type: string; readonly isFinal: boolean }> = {
  'rate-limited': { type: 'RateLimited', isFinal: false },
  unavailable: { type: 'Unavailable', isFinal: false },
  unauthorized: { type: 'Unauthorized', isFinal: true },
  'not-found': { type: 'Refused', isFinal: true },
  'already-exists': { type: 'Refused', isFinal: true },
  refused: { type: 'Refused', isFinal: true },
};

/** Upper limit for `Retry-After`: an extreme value from a proxy must not stall a lead. */
const longestRetryAfterMs = 5 * 60 * 1000;

/** The steps of a journey, and the requests of a billing customer. */
export type ActivityName =
  | StepName
  | 'deleteLead'
  | 'findMergedLeads'
  | 'findLeadsOfCustomer'
  | 'notifyJourney'
  | 'withdrawCustomer'
  | 'sweepStripe'
  | 'auditLists'
  | 'auditDoubts'
  | 'findTrialRecords'
  | 'findLastAudit'
  | 'restartJourneys'
  | 'followMended';

/**
 * Runs the request of a step. Converts every error to a failure that the retry policy and the workflow understand.
 */
export async function failing<T>(step: ActivityName, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    if (error instanceof ChartMogulError) throw failureOf(step, error);
    if (error instanceof StripeApiError) throw failureOfStripe(step, error);
    if (error instanceof CancelledFailure) throw error.message === 'WORKER_SHUTDOWN' ? interrupted(step) : error;
    throw unexpected(step, error);
  }
}

/** An expected "not yet": retried, logged at debug level, and not counted as a failure. */
export function expectedMiss(
  step: StepName,
  type: 'PayerNotFound' | 'MergeUnconfirmed' | 'UnmergeUnconfirmed' | 'Unavailable',
  text: string,
): ApplicationFailure {
  return ApplicationFailure.create({
    message: `${step}: ${text}`,
    type,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** An answer that a retry cannot change. */
export function finalAnswer(step: StepName, type: 'PayerAmbiguous', text: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `${step}: ${text}`, type, nonRetryable: true });
}

/** Temporal, or the journey's worker, does not answer: retried. The text must contain no personal data. */
export function temporalIsAway(step: ActivityName, text: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `${step}: ${text}`, type: 'Unavailable' });
}

/** The worker lacks a setting. A retry cannot help until an operator has set it. */
export function notConfigured(step: ActivityName, text: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `${step}: ${text}`, type: 'Unauthorized', nonRetryable: true });
}

/** The same outcomes as for ChartMogul. The message contains no text of Stripe's. */
function failureOfStripe(step: ActivityName, { kind, message }: StripeApiError): ApplicationFailure {
  const { type, isFinal } = outcomes[kind];
  return ApplicationFailure.create({ message: `${step}: ${message}`, type, nonRetryable: isFinal });
}

function failureOf(step: ActivityName, error: ChartMogulError): ApplicationFailure {
  const { type, isFinal } = outcomes[error.kind];
  const text = describe(error);
  const detail: FailureDetail = { text, ...(error.status !== undefined && { status: error.status }) };
  const retryAfterMs = Math.min(error.retryAfterMs ?? 0, longestRetryAfterMs);
  return ApplicationFailure.create({
    message: `${step}: ${text}`,
    type,
    nonRetryable: isFinal,
    details: [detail],
    // `Retry-After` may lengthen the backoff but not shorten it: `Retry-After: 1` would use up all attempts within
    // seconds, and with a delay of 0 the server stops retrying (1.32, history/workflow/retry.go).
    ...(retryAfterMs > policyDelayMs() && { nextRetryDelay: retryAfterMs }),
  });
}

/** The retry policy's backoff before the next attempt. */
function policyDelayMs(): number {
  const { attempt, retryPolicy } = activityInfo();
  const {
    initialInterval = '1 second',
    backoffCoefficient = 2,
    maximumInterval = Number.MAX_SAFE_INTEGER,
  } = retryPolicy ?? {};
  const delay = milliseconds(initialInterval) * backoffCoefficient ** (attempt - 1);
  return Math.min(delay, milliseconds(maximumInterval));
}

/** Status, code, parameter, and ChartMogul's text if it is a known one: other texts may contain personal data. */
function describe({ status, code, param, message, fields }: ChartMogulError): string {
  const where = [
    param !== undefined && `field ${word(param)}`,
    code !== undefined && code !== String(status) && `code ${word(code)}`,
  ]
    .filter((part) => part !== false)
    .join(', ');
  const texts = [message, ...Object.values(fields)];
  const known = texts.find((text) => knownTexts.some((pattern) => pattern.test(text)));
  const said = known ?? (status === undefined ? message : '(withheld)');
  const answered = status === undefined ? 'no usable answer' : `ChartMogul answered ${status}`;
  return `${answered}${where && ` (${where})`}: ${said}`;
}

/** Redacts anything that does not look like a field name or a code: it might be a value. */
function word(text: string): string {
  return /^[a-z_][a-z0-9_.-]{0,40}$/i.test(text) || /^\d{1,6}$/.test(text) ? text : '(withheld)';
}

const knownTexts = [
  /^No valid API key provided$/,
  /^Your request rate has exceeded our rate limit\.?$/,
  /^Parameter "[a-z_]{1,40}" is (missing|deprecated|invalid)$/,
  /^(Data source|Customer|Invoice|Resource) not found\.?$/i,
  /^(Can't|can't) be blank$/,
  /^Has already been taken\.$/,
  new RegExp(`^${externalIdExists.replace('.', '\\.')}$`),
  /^HTTP \d{3}$/,
  /^the answer is not ChartMogul's: [a-z_.0-9, ()]*$/,
];

/** The worker is stopping. Retried, on another worker. */
function interrupted(step: ActivityName): ApplicationFailure {
  return ApplicationFailure.create({ message: `${step}: interrupted, the worker is stopping`, type: 'Interrupted' });
}

/** A bug. The error text may contain personal data, so only the error's name and stack frames are reported. */
function unexpected(step: ActivityName, error: unknown): ApplicationFailure {
  const name = error instanceof Error ? error.name : typeof error;
  const stack =
    error instanceof Error ? error.stack?.split('\n').filter((line) => line.startsWith('    at ')) : undefined;
  log.error('unexpected error', { step, name, stack: stack?.join('\n') });
  return ApplicationFailure.create({
    message: `${step}: unexpected ${name}, see the worker's log`,
    type: 'Unexpected',
  });
}
