import { refuse } from './answers.js';
/** The documented limits: 40 requests a second, 20 at once. Both can be switched off with 0. */
export class Limits {
    #underWay = 0;
    #tokens = 0;
    #filledAt = 0;
    constructor() {
        this.refill(0);
    }
    /** A full bucket, as after a reset. */
    refill(perSecond) {
        this.#tokens = perSecond;
        this.#filledAt = performance.now();
    }
    /** Counts a request whose headers have arrived; `leave` must follow once its answer is sent. */
    enter() {
        this.#underWay += 1;
    }
    leave() {
        this.#underWay -= 1;
    }
    /** Why this request may not go on, if so. 503 is ChartMogul's answer to too many at once. */
    check(knobs) {
        if (knobs.maxParallel > 0 && this.#underWay > knobs.maxParallel) {
            return refuse(503, 'Too many parallel connections.');
        }
        if (knobs.rateLimitPerSecond > 0 && !this.#takeToken(knobs.rateLimitPerSecond)) {
            return refuse(429, 'Your request rate has exceeded our rate limit.');
        }
        return undefined;
    }
    #takeToken(perSecond) {
        const now = performance.now();
        this.#tokens = Math.min(perSecond, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
        this.#filledAt = now;
        if (this.#tokens < 1)
            return false;
        this.#tokens -= 1;
        return true;
    }
}
//# sourceMappingURL=limits.js.map