import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { type CustomerRecord, holdsPayer } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { expectedMiss, failing, finalAnswer } from './failures.js';
import { billingIdIn, recordOf } from './records.js';

export interface FindPayingCustomerInput {
  readonly leadId: string;
  readonly billingCustomerId: string;
}

/**
 * GETs the record that the billing integration created, by source *and* external id: another source may use the same
 * id. While there is no record, the retry policy repeats the lookup.
 */
export function findPayingCustomerActivity({ chartMogul, sources, settings, onPayerFound }: Deps) {
  return async function findPayingCustomer({ billingCustomerId }: FindPayingCustomerInput): Promise<CustomerRecord> {
    return failing('findPayingCustomer', async () => {
      const { dataSourceUuid, externalId } = billingIdIn(sources(), billingCustomerId);
      const customers = await chartMogul.findCustomers(dataSourceUuid, externalId, cancellationSignal());
      const payers = customers
        .map((customer) => recordOf(customer, sources(), settings))
        .filter((record) => holdsPayer(record, billingCustomerId));
      const [payer] = payers;
      if (!payer) throw expectedMiss('findPayingCustomer', 'PayerNotFound', 'not in ChartMogul yet');
      if (payers.length > 1) {
        throw finalAnswer('findPayingCustomer', 'PayerAmbiguous', `${payers.length} customers have this billing id`);
      }
      onPayerFound?.(activityInfo().attempt);
      return payer;
    });
  };
}
