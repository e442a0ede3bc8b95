import type { Account } from './account.js';
import { type Answer, invalid, missing, refuse } from './answers.js';

/** A call of the API, as its handler sees it. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
}

/** One operation of the API. The handler runs in one go: nothing else happens between its reading and its writing. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/v1`, with parameters as `:name`. */
  readonly path: string;
  readonly handle: (account: Account, request: ApiRequest) => Answer;
}

/** The body as an object: what every operation that writes needs. */
export function objectBody({ body }: ApiRequest): Readonly<Record<string, unknown>> {
  if (body === undefined) throw refuse(400, 'The request body is missing');
  if (!isObject(body)) throw refuse(400, 'The request body must be a JSON object');
  return body;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string that has to be there. */
export function requiredText(body: Readonly<Record<string, unknown>>, key: string): string {
  const value = body[key];
  if (value === undefined || value === null || value === '') throw missing(key);
  if (typeof value !== 'string') throw invalid(key);
  return value;
}

/** A string or null that may be left out: then undefined. */
export function optionalText(body: Readonly<Record<string, unknown>>, key: string): string | null | undefined {
  const value = body[key];
  if (value === undefined || value === null || typeof value === 'string') return value;
  throw invalid(key);
}

/** `page` was replaced by cursors; the text is the one the official Python client expects in its tests. */
export function refusePage(query: URLSearchParams): void {
  if (query.has('page')) throw refuse(400, 'Parameter "page" is deprecated', 'page');
}
