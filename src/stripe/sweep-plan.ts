import { formatInstant, type Instant } from '../domain/journey/instant.js';

const dayMs = 24 * 60 * 60 * 1000;

/** How long Stripe lists an event. */
export const eventsKeptMs = 30 * dayMs;

/** A part of a sweep: what was created from one moment until before another. */
export interface Slice {
  /** `objects`: subscriptions and paid invoices, from before the events that Stripe still lists. */
  readonly of: 'objects' | 'events';
  readonly from: Instant;
  /** Undefined: without an end, for the last slice. */
  readonly to?: Instant;
}

/**
 * The slices of a sweep, oldest first. So facts are reported in about the order in which they happened, and a sweep can
 * resume at a slice.
 */
export function slicesOf(since: Instant, now: Instant): Slice[] {
  const [sinceMs, nowMs] = [Date.parse(since), Date.parse(now)];
  const eventsFrom = nowMs - eventsKeptMs;
  const objects = days(sinceMs, Math.min(nowMs, eventsFrom + dayMs)).map((day) => ({ of: 'objects' as const, ...day }));
  const events = days(Math.max(sinceMs, eventsFrom), nowMs).map((day) => ({ of: 'events' as const, ...day }));
  // An event may be listed before its time, if a clock is ahead.
  const last = events.pop() ?? { of: 'events', from: since };
  // The two overlap by a day, since Stripe does not say at which hour an event ends.
  return [...(sinceMs < eventsFrom ? objects : []), ...events, { of: last.of, from: last.from }];
}

function days(fromMs: number, toMs: number): { readonly from: Instant; readonly to: Instant }[] {
  const found = [];
  for (let at = fromMs; at < toMs; at += dayMs) {
    found.push({ from: formatInstant(new Date(at)), to: formatInstant(new Date(Math.min(at + dayMs, toMs))) });
  }
  return found;
}
