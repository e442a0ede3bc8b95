/** Counts what happened in the last seconds, with one number per second. */
export class RecentCount {
  private readonly slots: { second: number; count: number }[];

  constructor(
    private readonly seconds: number,
    private readonly now: () => number = Date.now,
  ) {
    this.slots = Array.from({ length: seconds }, () => ({ second: 0, count: 0 }));
  }

  add(): void {
    const second = this.currentSecond();
    const slot = this.slots[second % this.seconds];
    if (slot === undefined) return;
    if (slot.second !== second) Object.assign(slot, { second, count: 0 });
    slot.count += 1;
  }

  count(): number {
    const since = this.currentSecond() - this.seconds;
    return this.slots.reduce((sum, { second, count }) => sum + (second > since ? count : 0), 0);
  }

  private currentSecond(): number {
    return Math.floor(this.now() / 1000);
  }
}
