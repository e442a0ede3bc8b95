import { cancellationSignal } from '@temporalio/activity';
import { ChartMogulError } from '../chartmogul/errors.js';
import { holdsLead, idsBeside } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { failing } from './failures.js';
import { recordOf } from './records.js';

/**
 * DELETEs the lead's record. `none` if there is no such record. `merged` if the record also holds other ids: then it is
 * not deleted, because it belongs to a customer too.
 */
export function deleteLeadActivity({ chartMogul, sources }: Deps) {
  return async function deleteLead({ leadId }: { readonly leadId: string }): Promise<'deleted' | 'none' | 'merged'> {
    return failing('deleteLead', async () => {
      const customers = await chartMogul.findCustomers(sources().leads, leadId, cancellationSignal());
      const record = customers
        .map((customer) => recordOf(customer, sources()))
        .find((candidate) => holdsLead(candidate, leadId));
      if (!record) return 'none';
      if (idsBeside(record, leadId).length > 0) return 'merged';
      try {
        await chartMogul.deleteCustomer(record.uuid, cancellationSignal());
        return 'deleted';
      } catch (error) {
        if (error instanceof ChartMogulError && error.kind === 'not-found') return 'none';
        throw error;
      }
    });
  };
}
