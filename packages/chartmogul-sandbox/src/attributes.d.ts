import { type Route } from './routes.js';
/** Tags and custom attributes, of one customer or of all with an e-mail address. */
export declare const attributeRoutes: readonly Route[];
