import { tooLate } from '../journey/attention.js';
import { redactId } from '../journey/records.js';

/**
 * Why an operator's link is rejected because of the customer's record in ChartMogul, if it is.
 *
 * @param mergedLeadIds the leads that ChartMogul has merged into the record
 * @param isUnmerged the operator confirms that the old lead is unmerged
 */
export function linkRefusal(
  mergedLeadIds: readonly string[],
  { leadId, isUnmerged }: { readonly leadId: string; readonly isUnmerged?: true },
): string | undefined {
  const otherLead = mergedLeadIds.find((merged) => merged !== leadId);
  if (otherLead === undefined) return undefined;
  const merged = `this customer merged with lead ${redactId(otherLead)}`;
  if (isUnmerged) return `ChartMogul still shows ${merged}. Unmerge the two, then try again`;
  // Leads can share a record. If the wanted lead is among them, the link moves nothing.
  return mergedLeadIds.includes(leadId) ? undefined : `ChartMogul shows ${merged}: the link ${tooLate(otherLead)}`;
}
