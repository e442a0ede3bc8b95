/** A fair semaphore: callers acquire slots in order. */
export class Semaphore {
  taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly size: number) {}

  async acquire(): Promise<void> {
    if (this.tryAcquire()) return;
    // `release` hands its slot to the next waiter directly, so that no other caller can take it in between.
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  tryAcquire(): boolean {
    if (this.taken >= this.size) return false;
    this.taken += 1;
    return true;
  }

  release(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken -= 1;
  }

  /** Runs a function while holding a slot. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      return await work();
    } finally {
      this.release();
    }
  }
}
