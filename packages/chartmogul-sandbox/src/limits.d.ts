import { type Refusal } from './answers.js';
/** The documented limits: 40 requests a second, 20 at once. Both can be switched off with 0. */
export declare class Limits {
    #private;
    constructor();
    /** A full bucket, as after a reset. */
    refill(perSecond: number): void;
    /** Counts a request whose headers have arrived; `leave` must follow once its answer is sent. */
    enter(): void;
    leave(): void;
    /** Why this request may not go on, if so. 503 is ChartMogul's answer to too many at once. */
    check(knobs: {
        rateLimitPerSecond: number;
        maxParallel: number;
    }): Refusal | undefined;
}
