import { type FastifyInstance } from 'fastify';
import type { Account } from './account.js';
import type { Exchange } from './request-log.js';
interface ServerOptions {
    readonly account: Account;
    readonly commit: () => void;
    readonly onRequest?: ((exchange: Exchange) => void) | undefined;
}
/** The HTTP server: the API, the control API, and a clear answer to everything else. */
export declare function createServer(options: ServerOptions): FastifyInstance;
export {};
