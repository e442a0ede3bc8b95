import type { Route } from './routes.js';
/** Ping and account. Recorded 2017 and 2021 (ruby client); `id` was added since, as the official MCP server shows. */
export declare const accountRoutes: readonly Route[];
