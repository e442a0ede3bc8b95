import type { CustomerDates } from '../chartmogul/types.js';
import type { FunnelDates } from '../domain/journey/dates.js';

/** Both dates by ChartMogul's names; one that is not known is left out, so that it keeps its value. */
export function customerDates({ leadCreatedAt, freeTrialStartedAt }: FunnelDates): CustomerDates {
  return {
    ...(leadCreatedAt !== undefined && { lead_created_at: leadCreatedAt }),
    ...(freeTrialStartedAt !== undefined && { free_trial_started_at: freeTrialStartedAt }),
  };
}
