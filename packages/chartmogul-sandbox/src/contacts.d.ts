import { type Route } from './routes.js';
/** Contacts: people at a customer, below `/v1/contacts` and below their customer. */
export declare const contactRoutes: readonly Route[];
