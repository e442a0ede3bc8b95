import type { CustomerDates } from '../chartmogul/types.js';
import type { FunnelDates } from '../domain/journey/dates.js';

/** Both dates with ChartMogul's field names. An unknown date is omitted, so that ChartMogul keeps its value. */
export function customerDates({ leadCreatedAt, freeTrialStartedAt }: FunnelDates): CustomerDates {
  return {
    ...(leadCreatedAt !== undefined && { lead_created_at: leadCreatedAt }),
    ...(freeTrialStartedAt !== undefined && { free_trial_started_at: freeTrialStartedAt }),
  };
}
