import { cancellationSignal } from '@temporalio/activity';
import { ChartMogulError } from '../chartmogul/errors.js';
import type { FunnelDates } from '../journey/dates.js';
import type { CustomerRecord } from '../journey/records.js';
import { customerDates } from './dates.js';
import type { Deps } from './deps.js';
import { failing } from './failures.js';
import { recordOf } from './records.js';

export interface WriteDatesInput {
  readonly leadId: string;
  readonly uuid: string;
  readonly dates: FunnelDates;
}

/** PATCHes both dates. `gone` if the record is not there any more: it was merged or deleted meanwhile. */
export function writeDatesActivity({ chartMogul, sources }: Deps) {
  return async function writeDates({ uuid, dates }: WriteDatesInput): Promise<CustomerRecord | 'gone'> {
    return failing('writeDates', async () => {
      try {
        const customer = await chartMogul.updateCustomer(uuid, customerDates(dates), cancellationSignal());
        return recordOf(customer, sources());
      } catch (error) {
        if (error instanceof ChartMogulError && error.kind === 'not-found') return 'gone';
        throw error;
      }
    });
  };
}
