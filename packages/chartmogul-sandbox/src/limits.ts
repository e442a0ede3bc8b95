import { type Refusal, refuse } from './answers.js';

/** The documented limits: 40 requests per second, 20 concurrent requests. 0 disables a limit. */
export class Limits {
  #underWay = 0;
  #tokens = 0;
  #filledAt = 0;

  constructor() {
    this.refill(0);
  }

  /** A full bucket, as after a reset. */
  refill(perSecond: number): void {
    this.#tokens = perSecond;
    this.#filledAt = performance.now();
  }

  /** Counts a request when its headers arrive; call `leave` after its answer is sent. */
  enter(): void {
    this.#underWay += 1;
  }

  leave(): void {
    this.#underWay -= 1;
  }

  /** The error for a request over a limit. ChartMogul answers too many concurrent requests with 503. */
  check(knobs: { rateLimitPerSecond: number; maxParallel: number }): Refusal | undefined {
    if (knobs.maxParallel > 0 && this.#underWay > knobs.maxParallel) {
      return refuse(503, 'Too many parallel connections.');
    }
    if (knobs.rateLimitPerSecond > 0 && !this.#takeToken(knobs.rateLimitPerSecond)) {
      return refuse(429, 'Your request rate has exceeded our rate limit.');
    }
    return undefined;
  }

  #takeToken(perSecond: number): boolean {
    const now = performance.now();
    this.#tokens = Math.min(perSecond, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
