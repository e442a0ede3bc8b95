import type { pino } from 'pino';

/** Stripe has about 250 types. A larger number of labels would make the metrics expensive. */
const mostTypes = 100;
const logInterval = 60 * 60 * 1000;

/**
 * Counts the event types that are not used, so that an operator sees what the billing system sends in vain. Logs their
 * names with counts, at most once an hour.
 */
export class UnknownTypes {
  private readonly names = new Set<string>();
  private readonly unlogged = new Map<string, number>();
  private loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly log: pino.Logger,
    private readonly source: string,
  ) {}

  /**
   * @param nowMs milliseconds since any start
   * @returns the type as a metric label: `other` for one that is not in the form of a type, or beyond the first hundred
   */
  count(type: unknown, nowMs: number = performance.now()): string {
    const label = this.labelOf(type);
    this.unlogged.set(label, (this.unlogged.get(label) ?? 0) + 1);
    if (nowMs - this.loggedAtMs >= logInterval) {
      this.loggedAtMs = nowMs;
      this.logNow();
    }
    return label;
  }

  /** Logs the types that are not logged yet, as before the gateway stops. */
  logNow(): void {
    if (this.unlogged.size === 0) return;
    const types = Object.fromEntries([...this.unlogged].sort(([, a], [, b]) => b - a));
    this.log.warn({ source: this.source, types }, 'unused event types received; docs/billing.md lists the used ones');
    this.unlogged.clear();
  }

  private labelOf(type: unknown): string {
    if (typeof type !== 'string' || !/^[a-z0-9_.]{1,100}$/.test(type)) return 'other';
    if (!this.names.has(type) && this.names.size >= mostTypes) return 'other';
    this.names.add(type);
    return type;
  }
}
