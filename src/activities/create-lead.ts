import { ChartMogulError } from '../chartmogul/errors.js';
import type { FunnelDates } from '../domain/journey/dates.js';
import type { CustomerRecord } from '../domain/journey/records.js';
import type { Profile } from '../domain/journey/reports.js';
import { customerDates } from './dates.js';
import type { Deps } from './deps.js';
import { recordOf } from './records.js';
import { writeSignal, writing } from './writing.js';

export interface CreateLeadInput {
  readonly leadId: string;
  readonly profile: Profile;
  readonly dates: FunnelDates;
}

/**
 * POSTs the lead's record. `exists` if its id is taken: by an earlier import, or by an earlier attempt of this request
 * whose answer was lost. This makes the creation idempotent.
 */
export function createLeadActivity({ chartMogul, sources, settings }: Deps) {
  return async function createLead({ leadId, profile, dates }: CreateLeadInput): Promise<CustomerRecord | 'exists'> {
    return writing('createLead', async () => {
      try {
        const customer = await chartMogul.createCustomer(
          {
            ...profile,
            data_source_uuid: sources().leads,
            external_id: leadId,
            // Older accounts require a name.
            name: profile.name ?? profile.company ?? leadId,
            ...customerDates(dates),
          },
          writeSignal(),
        );
        return recordOf(customer, sources(), settings);
      } catch (error) {
        if (error instanceof ChartMogulError && error.kind === 'already-exists') return 'exists';
        throw error;
      }
    });
  };
}
