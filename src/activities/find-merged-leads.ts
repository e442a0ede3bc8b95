import { cancellationSignal } from '@temporalio/activity';
import { leadIdsIn } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { failing } from './failures.js';
import { billingIdIn, recordOf } from './records.js';

/**
 * GETs the record of a billing customer and returns the ids of the leads that are merged into it. Empty if ChartMogul
 * does not show the customer yet.
 */
export function findMergedLeadsActivity({ chartMogul, sources }: Deps) {
  return async function findMergedLeads({
    billingCustomerId,
  }: {
    readonly billingCustomerId: string;
  }): Promise<string[]> {
    return failing('findMergedLeads', async () => {
      const { dataSourceUuid, externalId } = billingIdIn(sources(), billingCustomerId);
      const customers = await chartMogul.findCustomers(dataSourceUuid, externalId, cancellationSignal());
      return customers.flatMap((customer) => leadIdsIn(recordOf(customer, sources())));
    });
  };
}
