import { GatewayError, problemError, readProblem } from './errors.js';
import type { EventResult } from './messages.js';
import { notOurs, readAccepted } from './wire.js';

/** The gateway's limits for one request. */
const mostEvents = 100;
const mostBytes = 500_000;

const before = '{"events":[';
const after = ']}';

/** Splits events, each as JSON, into batches within the gateway's limits. A batch lists the indexes of its events. */
export function cutIntoBatches(events: readonly string[]): number[][] {
  const batches: number[][] = [];
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    const size = new TextEncoder().encode(event).length + 1;
    const last = batches.at(-1);
    if (last !== undefined && last.length < mostEvents && bytes + size <= mostBytes) {
      last.push(index);
      bytes += size;
    } else {
      batches.push([index]);
      bytes = before.length + after.length + size;
    }
  }
  return batches;
}

export function batchBody(events: readonly string[]): string {
  return `${before}${events.join(',')}${after}`;
}

/** Reads the response to a batch of `count` events: one result per event, in the same order. */
export function readResults(body: unknown, count: number, name: string): EventResult[] {
  const { results } = body as { results?: unknown }; // an object, by `exchange`
  if (!Array.isArray(results) || results.length !== count) throw notOurs(name);
  return results.map((result: unknown) => readResult(result, name));
}

function readResult(result: unknown, name: string): EventResult {
  const { status, id, problem } = (result ?? {}) as Record<string, unknown>; // undefined for any other value
  if (status !== 'rejected') return readAccepted(result, name);
  const read = readProblem(problem);
  const error =
    read === undefined
      ? new GatewayError(`${name}: an event was rejected without a reason`, { isRetryable: false })
      : problemError(read, name);
  return { status: 'rejected', ...(typeof id === 'string' && { id }), error };
}
