/** Longer timers would fire at once: Node counts them in 32 bits. */
const longestTimer = 2_147_483_647;

/** Wakes for the next thing that is due, so that it happens also while nobody asks. */
export class Alarm {
  readonly #nextDueAt: () => number | undefined;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #setFor = Number.POSITIVE_INFINITY;

  constructor(nextDueAt: () => number | undefined, ring: () => void) {
    this.#nextDueAt = nextDueAt;
    this.#ring = ring;
  }

  /** To be called whenever the next due time may have changed. */
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
