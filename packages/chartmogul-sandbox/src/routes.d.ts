import type { Account } from './account.js';
import { type Answer } from './answers.js';
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
export declare function objectBody({ body }: ApiRequest): Readonly<Record<string, unknown>>;
export declare function isObject(value: unknown): value is Readonly<Record<string, unknown>>;
/** A string that has to be there. */
export declare function requiredText(body: Readonly<Record<string, unknown>>, key: string): string;
/** A string or null that may be left out: then undefined. */
export declare function optionalText(body: Readonly<Record<string, unknown>>, key: string): string | null | undefined;
/** `page` was replaced by cursors; the text is the one the official Python client expects in its tests. */
export declare function refusePage(query: URLSearchParams): void;
