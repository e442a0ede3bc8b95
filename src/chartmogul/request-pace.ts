/** With less, a write with its look could take longer than an attempt may. */
const leastShare = 2;

interface Waiting {
  readonly priority: number;
  readonly begin: () => void;
}

/**
 * Spaces the requests of one worker, so that all workers of an account together stay below its rate. The server limits
 * tasks, and a task may be several requests: a write looks first.
 */
export class RequestPace {
  private intervalMs: number;
  /** When the next request may begin, in milliseconds of `performance.now()`. */
  private nextAt = 0;
  /** The most urgent first. */
  private readonly waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param priority of the request that is about to be made: 1 is most urgent */
  constructor(
    private readonly requestsPerSecond: number,
    private readonly priority: () => number = () => 1,
  ) {
    this.intervalMs = 1000 / requestsPerSecond;
  }

  /** @param workers how many workers share the account's rate */
  share(workers: number): void {
    this.intervalMs = 1000 / Math.max(leastShare, this.requestsPerSecond / Math.max(1, workers));
  }

  /** Waits for this worker's next turn. @throws the signal's reason */
  turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const entry = { priority: this.priority(), begin };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        if (this.waiting.length === 0) this.stopTimer(); // it would keep the process alive
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      const place = this.waiting.findIndex(({ priority }) => priority > entry.priority);
      this.waiting.splice(place === -1 ? this.waiting.length : place, 0, entry);
      this.serve();
    });
  }

  private serve(): void {
    if (this.timer !== undefined || this.waiting.length === 0) return;
    const now = performance.now();
    if (now < this.nextAt) {
      this.timer = setTimeout(() => {
        this.stopTimer();
        this.serve();
      }, this.nextAt - now);
      return;
    }
    // A timer is late by a millisecond or two, which must not add up.
    const isIdle = now - this.nextAt > this.intervalMs;
    this.nextAt = (isIdle ? now : this.nextAt) + this.intervalMs;
    this.waiting.shift()?.begin();
    this.serve();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
