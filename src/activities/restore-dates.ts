import { cancellationSignal } from '@temporalio/activity';
import { ChartMogulError } from '../chartmogul/errors.js';
import type { DatesToWrite } from '../domain/journey/dates.js';
import { type CustomerRecord, holdsLead, idsBeside } from '../domain/journey/records.js';
import type { Deps } from './deps.js';
import { recordOf } from './records.js';
import { writeSignal, writing } from './writing.js';

export interface RestoreDatesInput {
  readonly leadId: string;
  readonly uuid: string;
  readonly dates: DatesToWrite;
}

/**
 * PATCHes both dates of a record after an unmerge, and clears a date with null. Reads the record first: one that shows
 * the dates, or that was merged with the lead again, is not written. `gone` if the record no longer exists.
 *
 * It is not documented whether ChartMogul accepts null for these dates. If it rejects null, only the other date is
 * written; the answer shows what is left.
 */
export function restoreDatesActivity({ chartMogul, sources, settings }: Deps) {
  return async function restoreDates({ leadId, uuid, dates }: RestoreDatesInput): Promise<CustomerRecord | 'gone'> {
    return writing('restoreDates', async () => {
      try {
        const record = recordOf(await chartMogul.retrieveCustomer(uuid, cancellationSignal()), sources(), settings);
        const isMerged = holdsLead(record, leadId) && idsBeside(record, leadId).length > 0;
        return isMerged || shows(record, dates) ? record : await write(uuid, dates);
      } catch (error) {
        if (error instanceof ChartMogulError && error.kind === 'not-found') return 'gone';
        throw error;
      }
    });
  };

  async function write(uuid: string, { leadCreatedAt, freeTrialStartedAt }: DatesToWrite): Promise<CustomerRecord> {
    const wanted = { lead_created_at: leadCreatedAt, free_trial_started_at: freeTrialStartedAt };
    try {
      return recordOf(await chartMogul.updateCustomer(uuid, wanted, writeSignal()), sources(), settings);
    } catch (error) {
      const isNullRefused = error instanceof ChartMogulError && error.kind === 'refused';
      if (!isNullRefused || Object.values(wanted).every((date) => date !== null)) throw error;
      const known = Object.entries(wanted).filter(([, date]) => date !== null);
      const customer =
        known.length > 0
          ? await chartMogul.updateCustomer(uuid, Object.fromEntries(known), writeSignal())
          : await chartMogul.retrieveCustomer(uuid, cancellationSignal());
      return recordOf(customer, sources(), settings);
    }
  }
}

function shows(record: CustomerRecord, { leadCreatedAt, freeTrialStartedAt }: DatesToWrite): boolean {
  return (record.leadCreatedAt ?? null) === leadCreatedAt && (record.freeTrialStartedAt ?? null) === freeTrialStartedAt;
}
