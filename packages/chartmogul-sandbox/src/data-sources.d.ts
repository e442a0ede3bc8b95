import { type Route } from './routes.js';
/** `/v1/data_sources`. There is no update, and the list has no pages. */
export declare const dataSourceRoutes: readonly Route[];
