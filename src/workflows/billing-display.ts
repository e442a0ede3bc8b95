import { shownId } from '../domain/journey/records.js';
import type { BillingCustomerView } from './billing-messages.js';

/** The block that the Web UI shows on top of a billing customer, in Temporal's Markdown. Ids and dates at most. */
export function billingDetails(view: BillingCustomerView): string {
  const { link, attention, handedOver, otherLeadIds, suggestedLeadIds } = view;
  const lines = [
    `Billing customer \`${shownId(view.billingCustomerId)}\` is **${view.standing}**`,
    '',
    `- lead: ${link === undefined ? 'not known' : `\`${shownId(link.leadId)}\`, by ${link.rule}`}`,
    `- trial: ${view.trialStartedAt ?? 'none so far'}`,
    `- first payment: ${view.paidAt ?? 'none so far'}`,
    `- handed over: ${handedOver === undefined ? 'nothing yet' : `to \`${shownId(handedOver.leadId)}\``}`,
    ...(otherLeadIds.length === 0 ? [] : [`- events also name: ${otherLeadIds.map(shownId).join(', ')}`]),
    ...(suggestedLeadIds.length === 0 ? [] : [`- suggested, unsigned: ${suggestedLeadIds.map(shownId).join(', ')}`]),
    ...(attention ? ['', `**Attention: ${attention.code}** since ${attention.since}`, '', attention.text] : []),
    ...view.notices.flatMap(({ code, text }) => ['', `*${code}*: ${text}`]),
  ];
  return lines.join('\n');
}
