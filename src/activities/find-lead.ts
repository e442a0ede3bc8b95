import { cancellationSignal } from '@temporalio/activity';
import { type CustomerRecord, holdsLead } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { failing } from './failures.js';
import { recordOf } from './records.js';

/** GETs the record that holds the lead's id in the leads source. After a merge, this is the surviving record. */
export function findLeadActivity({ chartMogul, sources, settings }: Deps) {
  return async function findLead({ leadId }: { readonly leadId: string }): Promise<CustomerRecord | 'none'> {
    return failing('findLead', async () => {
      const customers = await chartMogul.findCustomers(sources().leads, leadId, cancellationSignal());
      const records = customers.map((customer) => recordOf(customer, sources(), settings));
      return records.find((record) => holdsLead(record, leadId)) ?? 'none';
    });
  };
}
