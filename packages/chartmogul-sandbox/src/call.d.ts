import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answers.js';
import type { Exchange, LoggedRequest } from './request-log.js';
/** One call of the API from its headers to its answer: what the log and `onRequest` tell of it. */
export declare class Call {
    #private;
    requestBody: unknown;
    constructor(entry: LoggedRequest, tell: ((exchange: Exchange) => void) | undefined);
    /** Sends an answer and notes it. Noted first: whoever has the answer must find it in the log. */
    answer(request: FastifyRequest, reply: FastifyReply, answer: Answer): void;
    /** The connection ends without an answer: status 0. */
    endUnanswered(): void;
}
/** Sends an answer with ChartMogul's headers, gzipped if the client takes that. */
export declare function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): void;
