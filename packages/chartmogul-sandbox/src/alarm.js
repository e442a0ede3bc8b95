/** Longer timers would fire at once: Node counts them in 32 bits. */
const longestTimer = 2_147_483_647;
/** Wakes for the next thing that is due, so that it happens also while nobody asks. */
export class Alarm {
    #nextDueAt;
    #ring;
    #timer;
    #setFor = Number.POSITIVE_INFINITY;
    constructor(nextDueAt, ring) {
        this.#nextDueAt = nextDueAt;
        this.#ring = ring;
    }
    /** To be called whenever the next due time may have changed. */
    set() {
        const at = this.#nextDueAt();
        if (at === undefined || at >= this.#setFor)
            return;
        clearTimeout(this.#timer);
        this.#setFor = at;
        this.#timer = setTimeout(() => {
            this.#setFor = Number.POSITIVE_INFINITY;
            this.#ring();
        }, Math.min(Math.max(0, at - Date.now()), longestTimer)).unref();
    }
    stop() {
        clearTimeout(this.#timer);
        this.#setFor = Number.NEGATIVE_INFINITY;
    }
}
//# sourceMappingURL=alarm.js.map