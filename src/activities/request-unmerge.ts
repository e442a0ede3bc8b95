import { ChartMogulError } from '../chartmogul/errors.js';
import type { Deps } from './deps.js';
import { writeSignal, writing } from './writing.js';

export interface UnmergeInput {
  readonly leadId: string;
  /** UUID of the record that the lead leaves. */
  readonly uuid: string;
}

/**
 * POSTs the unmerge of the lead's source customer. `accepted` does not mean unmerged, see `confirmUnmerge`. 404 and 422
 * are returned as a result: the lead may have left the record already, so the workflow looks it up again.
 */
export function requestUnmergeActivity({ chartMogul, sources }: Deps) {
  return async function requestUnmerge({
    leadId,
    uuid,
  }: UnmergeInput): Promise<'accepted' | { readonly status: number }> {
    return writing('requestUnmerge', async () => {
      try {
        await chartMogul.unmergeCustomer(uuid, sources().leads, leadId, writeSignal());
        return 'accepted';
      } catch (error) {
        if (error instanceof ChartMogulError && (error.status === 404 || error.status === 422))
          return { status: error.status };
        throw error;
      }
    });
  };
}
