import type { Sandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import type { RequestName } from '../../src/domain/journey/attention.js';
import type { Passing } from '../../tools/drill/wire.js';
import { journeyOf } from './passing-requests.js';

/** A moment in a journey: right before ChartMogul gets a request, or right after ChartMogul has processed it. */
export interface Moment {
  readonly leadId: string;
  readonly step: RequestName;
  /** The first or the second request of this step. */
  readonly which: 1 | 2;
  readonly side: 'before' | 'after';
}

/**
 * Finds the moments in the passing requests. Each journey has one moment, which occurs once.
 *
 * @returns a function that returns the moment of a passing request, if it is one
 */
export function recognising<Cell extends Moment>(cells: readonly Cell[], sandbox: () => Sandbox) {
  const waiting = new Map(cells.map((cell) => [cell.leadId, cell]));
  const counts = new Map<string, number>();
  return (passing: Passing, side: Moment['side']): Cell | undefined => {
    const { step, leadId } = journeyOf(passing, sandbox());
    const cell = waiting.get(leadId);
    if (cell?.step !== step || cell.side !== side) return undefined;
    const count = (counts.get(leadId) ?? 0) + 1;
    counts.set(leadId, count);
    if (count !== cell.which) return undefined;
    waiting.delete(leadId);
    return cell;
  };
}

/**
 * Hooks for the wire that hold requests, or their responses, forever.
 *
 * @param isHeld whether the worker is killed at this side of the passing request
 * @returns the hooks, and a promise that resolves once so many are held
 */
export function holding(count: number, isHeld: (passing: Passing, side: Moment['side']) => boolean) {
  let held = 0;
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const hold = (passing: Passing, side: Moment['side']): boolean => {
    if (!isHeld(passing, side)) return false;
    held += 1;
    if (held === count) finish();
    return true;
  };
  const hooks = {
    onRequest: (passing: Passing) => (hold(passing, 'before') ? ('hold' as const) : undefined),
    onAnswer: async (passing: Passing) => {
      // The worker is killed before it receives the response.
      if (hold(passing, 'after')) await new Promise(() => undefined);
    },
  };
  return { hooks, done };
}
