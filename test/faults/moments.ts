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
