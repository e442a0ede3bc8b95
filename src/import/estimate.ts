import type { Checked } from './check.js';

/** What an import costs where nothing is there yet and everything goes smoothly. */
export interface Estimate {
  readonly requests: { readonly least: number; readonly most: number };
  readonly seconds: number;
  readonly requestsPerSecond: number;
}

/** A lead is created. */
const unpaid = 1;
/**
 * Created, its payer found, looked at once more, merged, seen merged (sometimes at the second look), and its dates put back.
 */
const paying = { least: 6, most: 7 };

export function estimate({ leads, payingLeads }: Checked, requestsPerSecond: number): Estimate {
  const least = (leads - payingLeads) * unpaid + payingLeads * paying.least;
  const most = (leads - payingLeads) * unpaid + payingLeads * paying.most;
  return { requests: { least, most }, seconds: Math.ceil(most / requestsPerSecond), requestsPerSecond };
}
