import type { Answer } from './answers.js';
import type { Table } from './tables.js';
/** Faults that are no answer: the connection is cut, held, or gives what is no JSON. */
export declare const brokenAnswers: readonly ['reset', 'timeout', 'drop_answer', 'garbage'];
/** The next calls of a route that are to fail, and how. */
export interface Fault {
    id: number;
    /** Method and path with its parameters' names replaced, e.g. `PATCH /v1/customers/:`. */
    route: string;
    status: number | (typeof brokenAnswers)[number];
    times: number;
    /** Calls let through before the first one fails. */
    skip: number;
    retryAfter?: number | undefined;
    body?: unknown;
}
/** Parameters' names do not matter: `/v1/customers/:uuid` and `/v1/customers/:id` are one route. */
export declare function routeKey(route: string): string;
/** Uses up one call of the first fault of this route, and gives it if this call is to fail. */
export declare function takeFault(faults: Table<Fault>, route: string): Fault | undefined;
/** What a fault with a status answers: the shape in which that status really occurs. */
export declare function faultAnswer(status: number, fault: Fault): Answer;
