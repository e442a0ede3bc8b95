import type { FastifyInstance } from 'fastify';
import type { Account } from './account.js';
import { Call } from './call.js';
import type { Exchange } from './request-log.js';
declare module 'fastify' {
    interface FastifyRequest {
        call: Call;
    }
}
/** Every route that a fault can name. */
export declare const routeNames: readonly string[];
export declare function isKnownRoute(key: string): boolean;
export interface ApiOptions {
    readonly account: Account;
    /** Writes what changed to the data file; throws if that cannot be done. */
    readonly commit: () => void;
    readonly onRequest?: ((exchange: Exchange) => void) | undefined;
}
/** ChartMogul's API below `/v1`: a fastify plugin. */
export declare function api(app: FastifyInstance, options: ApiOptions, done: () => void): void;
