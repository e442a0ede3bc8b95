import { cancellationSignal } from '@temporalio/activity';
import { type CustomerRecord, holdsLead, idsBeside } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { expectedMiss, failing } from './failures.js';
import { recordOf } from './records.js';
import type { UnmergeInput } from './request-unmerge.js';

/** GETs the lead's record until it is another one than the record that the lead leaves, or holds only the lead. */
export function confirmUnmergeActivity({ chartMogul, sources, settings }: Deps) {
  return async function confirmUnmerge({ leadId, uuid }: UnmergeInput): Promise<CustomerRecord> {
    return failing('confirmUnmerge', async () => {
      const customers = await chartMogul.findCustomers(sources().leads, leadId, cancellationSignal());
      const records = customers.map((customer) => recordOf(customer, sources(), settings));
      const isSplit = (record: CustomerRecord) => record.uuid !== uuid || idsBeside(record, leadId).length === 0;
      const own = records.find((record) => holdsLead(record, leadId) && isSplit(record));
      if (own) return own;
      throw expectedMiss('confirmUnmerge', 'UnmergeUnconfirmed', 'ChartMogul does not show the unmerge yet');
    });
  };
}
