import { type Route } from './routes.js';
/** The import of invoices, as far as it makes a customer Active. */
export declare const invoiceRoutes: readonly Route[];
