import type { Account } from './account.js';
import { type Answer, invalid, missing, refuse } from './answers.js';

/** An API call as passed to its handler. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
}

/** One API operation. The handler is synchronous, so no other call runs between its reads and writes. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path under `/v1`, with parameters as `:name`. */
  readonly path: string;
  readonly handle: (account: Account, request: ApiRequest) => Answer;
}

/** The body as an object, for operations that write. */
export function objectBody({ body }: ApiRequest): Readonly<Record<string, unknown>> {
  if (body === undefined) throw refuse(400, 'The request body is missing');
  if (!isObject(body)) throw refuse(400, 'The request body must be a JSON object');
  return body;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A required string. */
export function requiredText(body: Readonly<Record<string, unknown>>, key: string): string {
  const value = body[key];
  if (value === undefined || value === null || value === '') throw missing(key);
  if (typeof value !== 'string') throw invalid(key);
  return value;
}

/** An optional string or null; undefined if omitted. */
export function optionalText(body: Readonly<Record<string, unknown>>, key: string): string | null | undefined {
  const value = body[key];
  if (value === undefined || value === null || typeof value === 'string') return value;
  throw invalid(key);
}

/** Cursors replaced `page`; the official Python client expects this text in its tests. */
export function refusePage(query: URLSearchParams): void {
  if (query.has('page')) throw refuse(400, 'Parameter "page" is deprecated', 'page');
}
