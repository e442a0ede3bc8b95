import type { Checked } from './check.js';

/** The cost of an import if ChartMogul has none of the leads and no request fails. */
export interface Estimate {
  readonly requests: { readonly least: number; readonly most: number };
  readonly seconds: number;
  readonly requestsPerSecond: number;
}

/** Create the lead. */
const unpaid = 1;
/**
 * Create the lead, find its payer, read the lead again, merge, confirm the merge (once or twice), restore the dates.
 */
const paying = { least: 6, most: 7 };

export function estimate({ leads, payingLeads }: Checked, requestsPerSecond: number): Estimate {
  const least = (leads - payingLeads) * unpaid + payingLeads * paying.least;
  const most = (leads - payingLeads) * unpaid + payingLeads * paying.most;
  return { requests: { least, most }, seconds: Math.ceil(most / requestsPerSecond), requestsPerSecond };
}
