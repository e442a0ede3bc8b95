import type { Knobs } from './knobs.js';
import type { Customer } from './records.js';
/** Posts `mrr_movement` events to a configured URL. Best effort, unsigned and without authentication, like the real one. */
export declare class Webhooks {
    #private;
    /** Reports that a customer of the integration has begun to pay. */
    reportNewBusiness(customer: Customer, knobs: Knobs): void;
    /** Gives up what was not delivered yet: after a reset it would tell of customers who are no more. */
    forget(): void;
}
