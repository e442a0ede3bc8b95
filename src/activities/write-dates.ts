import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ChartMogulError } from '../chartmogul/errors.js';
import { datesAgree, earliestDates, type FunnelDates } from '../domain/journey/dates.js';
import { type CustomerRecord, holdsOtherLeads } from '../domain/journey/records.js';
import { customerDates } from './dates.js';
import type { Deps } from './deps.js';
import { recordOf } from './records.js';
import { writeSignal, writing } from './writing.js';

export interface WriteDatesInput {
  readonly leadId: string;
  readonly uuid: string;
  readonly dates: FunnelDates;
  /** The record also holds other leads, whose journeys write their dates to it. */
  readonly isShared?: boolean;
}

/**
 * How long a write may wait in the queue and still be sent without reading the record first. With a request of 30
 * seconds, the write ends before a journey that merged its lead meanwhile reads the record again, 45 seconds after its
 * own write.
 */
const freshMs = 10_000;

/**
 * PATCHes both dates. `gone` if the record no longer exists: it was merged or deleted meanwhile.
 *
 * A record that is shared, or may have become shared in the queue or during retries, is read right before the write,
 * and only gets earlier dates if it is shared. Queueing and backoff separate the workflow's lookup from this request,
 * and ChartMogul has no conditional write.
 */
export function writeDatesActivity({ chartMogul, sources, settings }: Deps) {
  return async function writeDates(input: WriteDatesInput): Promise<CustomerRecord | 'gone'> {
    const { uuid, dates, isShared = false } = input;
    return writing('writeDates', async () => {
      try {
        return isShared || !isFresh() ? await lookAndWrite(input) : await write(uuid, dates);
      } catch (error) {
        if (error instanceof ChartMogulError && error.kind === 'not-found') return 'gone';
        throw error;
      }
    });
  };

  async function lookAndWrite({ leadId, uuid, dates }: WriteDatesInput): Promise<CustomerRecord> {
    const record = recordOf(await chartMogul.retrieveCustomer(uuid, cancellationSignal()), sources(), settings);
    const wanted = holdsOtherLeads(record, leadId) ? earliestDates(record, dates) : dates;
    return datesAgree(record, wanted) ? record : await write(uuid, wanted);
  }

  async function write(uuid: string, dates: FunnelDates): Promise<CustomerRecord> {
    return recordOf(await chartMogul.updateCustomer(uuid, customerDates(dates), writeSignal()), sources(), settings);
  }
}

/** An import may fill the queue for minutes. */
function isFresh(): boolean {
  const { attempt, scheduledTimestampMs } = activityInfo();
  return attempt === 1 && Date.now() - scheduledTimestampMs < freshMs;
}
