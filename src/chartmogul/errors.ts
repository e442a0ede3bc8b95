/**
 * What a failed request means for the caller.
 *
 * - `rate-limited`: 429 or 503; ChartMogul also sends 503 for too many parallel connections. Retry with backoff.
 * - `unavailable`: 5xx, no connection, timeout, an answer that is not ChartMogul's. Retry.
 * - `unauthorized`: 401, 402, 403. An account problem that affects every request.
 * - `not-found`: 404.
 * - `already-exists`: the customer's external id is taken in this source.
 * - `refused`: 400, 422 and every other final error.
 */
export type ChartMogulErrorKind =
  | 'rate-limited'
  | 'unavailable'
  | 'unauthorized'
  | 'not-found'
  | 'already-exists'
  | 'refused';

/** Maximum number of characters of an answer to keep for the log. */
const bodyLimit = 2048;

interface ErrorParts {
  readonly kind: ChartMogulErrorKind;
  readonly status?: number;
  readonly code?: string;
  readonly param?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A failed request to ChartMogul. Texts and body may contain names and e-mail addresses: never log them in full. */
export class ChartMogulError extends Error {
  override readonly name = 'ChartMogulError';
  readonly kind: ChartMogulErrorKind;
  /** HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;
  /** ChartMogul's own code: a number in its plain errors, a word such as `blank` in its detailed ones. */
  readonly code: string | undefined;
  /** The invalid parameter. */
  readonly param: string | undefined;
  /** Text by field, for field errors. */
  readonly fields: Readonly<Record<string, string>>;
  /** The answer, truncated to 2 kB. */
  readonly body: string;
  /** The `Retry-After` header, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, parts: ErrorParts) {
    super(message, { cause: parts.cause });
    this.kind = parts.kind;
    this.status = parts.status;
    this.code = parts.code;
    this.param = parts.param;
    this.fields = parts.fields ?? {};
    this.body = (parts.body ?? '').slice(0, bodyLimit);
    this.retryAfterMs = parts.retryAfterMs;
  }
}

/** ChartMogul's text for a taken external id (official Go client, `ErrValCustomerExternalIDExists`). */
export const externalIdExists = 'The external ID for this customer already exists in our system.';

/**
 * Converts an unsuccessful answer to an error. ChartMogul has no single error shape: its customer service returns
 * `{code, message, param}` or `{errors: {field: text}}`, older services return `{error}`, the import service adds
 * `error_details`, and 5xx may be plain text or empty.
 */
export function errorOfAnswer(status: number, body: string, retryAfterMs?: number): ChartMogulError {
  const shape = readShape(body);
  const kind = kindOf(status, shape.fields);
  return new ChartMogulError(shape.message || `HTTP ${status}`, {
    kind,
    status,
    body,
    ...(shape.code !== undefined && { code: shape.code }),
    ...(shape.param !== undefined && { param: shape.param }),
    ...(shape.fields !== undefined && { fields: shape.fields }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

interface Shape {
  message: string;
  code?: string;
  param?: string;
  fields?: Record<string, string>;
}

function kindOf(status: number, fields: Record<string, string> | undefined): ChartMogulErrorKind {
  if (status === 429 || status === 503) return 'rate-limited';
  if (status >= 500 || status === 408) return 'unavailable';
  if (status === 401 || status === 402 || status === 403) return 'unauthorized';
  if (status === 404) return 'not-found';
  // Only as the single entry: with another invalid field, the customer may not exist.
  const isTaken = fields !== undefined && Object.keys(fields).length === 1 && fields.external_id === externalIdExists;
  return isTaken ? 'already-exists' : 'refused';
}

function readShape(body: string): Shape {
  const json = parseObject(body);
  if (!json) return { message: '' };
  const [detail] = Array.isArray(json.error_details) ? json.error_details.filter(isObject) : [];
  const fields = isObject(json.errors) ? textFields(json.errors) : undefined;
  const code = firstText(json.code, detail?.code);
  const param = firstText(json.param, detail?.param, fields && Object.keys(fields)[0]);
  return {
    message: firstText(json.message, json.error, detail?.message, fields && Object.values(fields)[0]) ?? '',
    ...(code !== undefined && { code }),
    ...(param !== undefined && { param }),
    ...(fields !== undefined && { fields }),
  };
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined; // plain text, a proxy's HTML, or empty: only the status is used
  }
}

function textFields(errors: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(errors).map(([field, text]) => [field, Array.isArray(text) ? text.join(', ') : String(text)]),
  );
}

function firstText(...values: unknown[]): string | undefined {
  const value = values.find((candidate) => typeof candidate === 'string' || typeof candidate === 'number');
  return value === undefined ? undefined : String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
