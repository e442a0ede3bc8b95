/** Longer timers would fire immediately: Node stores them in 32 bits. */
const longestTimer = 2_147_483_647;

/** Runs the next job when it is due, even if no request arrives. */
export class Alarm {
  readonly #nextDueAt: () => number | undefined;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #setFor = Number.POSITIVE_INFINITY;

  constructor(nextDueAt: () => number | undefined, ring: () => void) {
    this.#nextDueAt = nextDueAt;
    this.#ring = ring;
  }

  /** Call this whenever the next due time may have changed. */
  set(): void {
    const at = this.#nextDueAt();
    if (at === undefined || at >= this.#setFor) return;
    clearTimeout(this.#timer);
    this.#setFor = at;
    this.#timer = setTimeout(
      () => {
        this.#setFor = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      Math.min(Math.max(0, at - Date.now()), longestTimer),
    ).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#setFor = Number.NEGATIVE_INFINITY;
  }
}
