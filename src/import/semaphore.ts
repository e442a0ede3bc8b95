/** So many at a time: whoever finds no place waits for one, in order. */
export class Semaphore {
  taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly size: number) {}

  async acquire(): Promise<void> {
    if (this.tryAcquire()) return;
    // The one who leaves hands its place over, so that nobody takes it in between.
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

  /** Does something while holding a place. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      return await work();
    } finally {
      this.release();
    }
  }
}
