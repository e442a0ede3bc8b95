import { funnelDates } from '../domain/journey/dates.js';
import type { DatesOfLead } from '../domain/journey/unmerging.js';
import { JourneyNotFoundError, type Journeys } from '../journeys/index.js';
import type { JourneyResult } from '../workflows/messages.js';
import { askingTemporal, journeysOf } from './journeys.js';

/** Asks the journeys of leads, running or ended, for the leads' own dates. What a closed journey knew may be wrong. */
export async function findDatesOfLeads({
  account,
  leadIds,
}: {
  readonly account: string;
  readonly leadIds: readonly string[];
}): Promise<DatesOfLead[]> {
  const journeys = journeysOf(account);
  return askingTemporal('findDatesOfLeads', async () => {
    const found: DatesOfLead[] = [];
    for (const leadId of leadIds) found.push(await datesOf(journeys, leadId));
    return found;
  });
}

async function datesOf(journeys: Journeys, leadId: string): Promise<DatesOfLead> {
  try {
    const view: Partial<JourneyResult> = await journeys.view(leadId);
    if (view.closed !== undefined) return { leadId };
    const { leadCreatedAt, trialStartedAt } = view.ownDates ?? view;
    const { billingCustomerId, payerDates: dates } = view;
    const payer = billingCustomerId !== undefined && dates !== undefined && { billingCustomerId, dates };
    return { leadId, own: funnelDates(leadCreatedAt, trialStartedAt), ...(payer && { payer }) };
  } catch (error) {
    if (error instanceof JourneyNotFoundError) return { leadId };
    throw error;
  }
}
