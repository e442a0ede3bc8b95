import { redactId } from '../domain/journey/records.js';
import type { BillingCustomerView } from './billing-messages.js';

/** The details that the Web UI shows for a billing customer, in Temporal's Markdown. Only ids and dates. */
export function billingDetails(view: BillingCustomerView): string {
  const { link, attention, notified, otherLeadIds, suggestedLeadIds } = view;
  const lines = [
    `Billing customer \`${redactId(view.billingCustomerId)}\` is **${view.matchStatus}**`,
    '',
    `- lead: ${link === undefined ? 'unknown' : `\`${redactId(link.leadId)}\`, by ${link.rule}`}`,
    `- trial: ${view.trialStartedAt ?? 'none so far'}`,
    `- first payment: ${view.paidAt ?? 'none so far'}`,
    `- notified journey: ${notified === undefined ? 'none so far' : `lead \`${redactId(notified.leadId)}\``}`,
    ...(otherLeadIds.length === 0 ? [] : [`- events also name: ${otherLeadIds.map(redactId).join(', ')}`]),
    ...(suggestedLeadIds.length === 0 ? [] : [`- suggested, unsigned: ${suggestedLeadIds.map(redactId).join(', ')}`]),
    ...(attention ? ['', `**Attention: ${attention.code}** since ${attention.since}`, '', attention.text] : []),
    ...(attention?.detail === undefined ? [] : ['', `Reason: ${attention.detail}`]),
    ...(attention?.nextTryAt === undefined ? [] : ['', `Next try: ${attention.nextTryAt}`]),
    ...view.notices.flatMap(({ code, text }) => ['', `*${code}*: ${text}`]),
  ];
  return lines.join('\n');
}
