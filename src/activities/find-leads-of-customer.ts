import { askingTemporal, journeysOf } from './journeys.js';

/**
 * Returns the leads whose journeys, running or ended, have this billing customer, whoever reported it. Reads Temporal's
 * visibility store, which may lag by seconds and does not contain customer ids that are e-mail addresses.
 */
export async function findLeadsOfCustomer({
  account,
  billingCustomerId,
}: {
  readonly account: string;
  readonly billingCustomerId: string;
}): Promise<string[]> {
  return askingTemporal('findLeadsOfCustomer', async () => {
    const leadIds = new Set<string>();
    const journeys = journeysOf(account).list({ billingCustomerId, includeClosed: true });
    for await (const { leadId } of journeys) leadIds.add(leadId);
    return [...leadIds];
  });
}
