import { ChartMogulError } from '../chartmogul/errors.js';
import type { Deps } from './deps.js';
import { writeSignal, writing } from './writing.js';

export interface RequestMergeInput {
  readonly leadId: string;
  /** UUID of the lead's record. */
  readonly from: string;
  /** UUID of the payer's record, which survives. */
  readonly into: string;
}

/**
 * POSTs the merge. `accepted` does not mean merged: ChartMogul merges later, see `confirmMerge`. 404 and 422 are
 * returned as a result: one of the two records may have been merged meanwhile, so the workflow looks up both again.
 */
export function requestMergeActivity({ chartMogul }: Deps) {
  return async function requestMerge({
    from,
    into,
  }: RequestMergeInput): Promise<'accepted' | { readonly status: number }> {
    return writing('requestMerge', async () => {
      try {
        await chartMogul.mergeCustomers(from, into, writeSignal());
        return 'accepted';
      } catch (error) {
        if (error instanceof ChartMogulError && (error.status === 404 || error.status === 422))
          return { status: error.status };
        throw error;
      }
    });
  };
}
