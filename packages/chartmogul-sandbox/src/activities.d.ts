import type { Route } from './routes.js';
/** Activities, of which the sandbox has those of type `new_biz`: a subscription that began. For whoever polls for payers. */
export declare const activityRoutes: readonly Route[];
