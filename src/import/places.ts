/** So many at a time: whoever finds no place waits for one, in order. */
export class Places {
  taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly size: number) {}

  async take(): Promise<void> {
    if (this.tryTake()) return;
    // The one who leaves hands its place over, so that nobody takes it in between.
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  tryTake(): boolean {
    if (this.taken >= this.size) return false;
    this.taken += 1;
    return true;
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken -= 1;
  }

  /** Does something while holding a place. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }
}
