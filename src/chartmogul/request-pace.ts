import { setTimeout as sleep } from 'node:timers/promises';

/** With less, a write with its look could take longer than an attempt may. */
const leastShare = 2;

/**
 * Spaces the requests of one worker, so that all workers of an account together stay below its rate. The server limits
 * tasks, and a task may be several requests: a write looks first.
 */
export class RequestPace {
  private intervalMs: number;
  /** When the next request may begin, in milliseconds of `performance.now()`. */
  private nextAt = 0;

  constructor(private readonly requestsPerSecond: number) {
    this.intervalMs = 1000 / requestsPerSecond;
  }

  /** @param workers how many workers share the account's rate */
  share(workers: number): void {
    this.intervalMs = 1000 / Math.max(leastShare, this.requestsPerSecond / Math.max(1, workers));
  }

  /** Waits for this worker's next turn. @throws the signal's reason */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.nextAt);
    this.nextAt = at + this.intervalMs;
    if (at > now) await sleep(at - now, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}
