import { getClient } from '@temporalio/activity';
import { Audits } from '../../journeys/audits.js';
import { askingTemporal } from '../journeys.js';

/** The number of differences that the last audit of the account has left. Undefined if Temporal retains none. */
export async function findLastAudit({ account }: { readonly account: string }): Promise<number | undefined> {
  return askingTemporal('findLastAudit', async () => {
    const audits = new Audits({ client: getClient(), account });
    const { last } = await audits.last();
    return last && (await audits.report(last)).differences;
  });
}
