import { cancellationSignal } from '@temporalio/activity';
import { ChartMogulError } from '../chartmogul/errors.js';
import { type CustomerRecord, holdsLead } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { expectedMiss, failing } from './failures.js';
import { recordOf } from './records.js';

export interface ConfirmMergeInput {
  readonly leadId: string;
  /** UUID of the payer's record. */
  readonly uuid: string;
}

/**
 * GETs the payer's record until leads source and lead id stand side by side in it: the only proof of a merge, since a 202 is
 * no more than a promise and no job can be asked about it. `gone` if the payer's record itself is not there any more.
 */
export function confirmMergeActivity({ chartMogul, sources }: Deps) {
  return async function confirmMerge({ leadId, uuid }: ConfirmMergeInput): Promise<CustomerRecord | 'gone'> {
    return failing('confirmMerge', async () => {
      const record = await retrieve(uuid);
      if (record !== 'gone' && !holdsLead(record, leadId)) {
        throw expectedMiss('confirmMerge', 'MergeUnconfirmed', 'the merge does not show yet');
      }
      return record;
    });
  };

  async function retrieve(uuid: string): Promise<CustomerRecord | 'gone'> {
    try {
      return recordOf(await chartMogul.retrieveCustomer(uuid, cancellationSignal()), sources());
    } catch (error) {
      if (error instanceof ChartMogulError && error.kind === 'not-found') return 'gone';
      throw error;
    }
  }
}
