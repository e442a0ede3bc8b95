import { type Route } from './routes.js';
/** Plans as far as importing an invoice needs them: an invoice's line item names one by its uuid. */
export declare const planRoutes: readonly Route[];
