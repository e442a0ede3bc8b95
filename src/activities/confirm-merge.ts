import { cancellationSignal } from '@temporalio/activity';
import { ChartMogulError } from '../chartmogul/errors.js';
import { type CustomerRecord, holdsLead, holdsPayer } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { expectedMiss, failing } from './failures.js';
import { recordOf } from './records.js';

export interface ConfirmMergeInput {
  readonly leadId: string;
  /** UUID of the payer's record. */
  readonly uuid: string;
  /** Another billing customer that the record must hold too. */
  readonly other?: string;
}

/**
 * GETs the payer's record until it contains the lead's id in the leads source. This is the only proof of a merge: a 202
 * only accepts the request, and ChartMogul has no job to poll. `gone` if the payer's record itself no longer exists.
 */
export function confirmMergeActivity({ chartMogul, sources, settings }: Deps) {
  return async function confirmMerge({ leadId, uuid, other }: ConfirmMergeInput): Promise<CustomerRecord | 'gone'> {
    return failing('confirmMerge', async () => {
      const record = await retrieve(uuid);
      const isMerged = (held: CustomerRecord) => holdsLead(held, leadId) && (!other || holdsPayer(held, other));
      if (record !== 'gone' && !isMerged(record)) {
        throw expectedMiss('confirmMerge', 'MergeUnconfirmed', 'ChartMogul does not show the merge yet');
      }
      return record;
    });
  };

  async function retrieve(uuid: string): Promise<CustomerRecord | 'gone'> {
    try {
      return recordOf(await chartMogul.retrieveCustomer(uuid, cancellationSignal()), sources(), settings);
    } catch (error) {
      if (error instanceof ChartMogulError && error.kind === 'not-found') return 'gone';
      throw error;
    }
  }
}
