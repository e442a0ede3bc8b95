/** Wakes for the next thing that is due, so that it happens also while nobody asks. */
export declare class Alarm {
    #private;
    constructor(nextDueAt: () => number | undefined, ring: () => void);
    /** To be called whenever the next due time may have changed. */
    set(): void;
    stop(): void;
}
