import { tooLate } from '../domain/journey/attention.js';
import { JourneyNotFoundError, JourneyRefusedError } from '../journeys/index.js';
import type { JourneyResult } from '../workflows/messages.js';
import { askingTemporal, journeysOf } from './journeys.js';

interface Withdrawal {
  readonly account: string;
  readonly leadId: string;
  readonly billingCustomerId: string;
  readonly note: string;
  readonly isUnmerged?: true;
}

/** Withdraws a billing customer from a lead's journey, unless a merge with it was requested. */
export async function withdrawCustomer({
  account,
  leadId,
  ...request
}: Withdrawal): Promise<'withdrawn' | 'nothing-there' | { readonly refusal: string }> {
  const journeys = journeysOf(account);
  return askingTemporal('withdrawCustomer', async () => {
    try {
      const { status } = await journeys.summary(leadId);
      if (status === 'COMPLETED') {
        const end: Partial<JourneyResult> = await journeys.view(leadId);
        const isMerged = end.outcome === 'proven' && end.billingCustomerId === request.billingCustomerId;
        if (!isMerged) return 'nothing-there';
        // After an unmerge the lead's journey continues, and must not recall that customer.
        if (!request.isUnmerged) return { refusal: tooLate(leadId) };
      } else if (status !== 'RUNNING') return 'nothing-there';
      await journeys.withdraw(leadId, request);
      return 'withdrawn';
    } catch (error) {
      if (error instanceof JourneyNotFoundError) return 'nothing-there';
      if (error instanceof JourneyRefusedError) return { refusal: error.message.replace(/^it /, '') };
      throw error;
    }
  });
}
