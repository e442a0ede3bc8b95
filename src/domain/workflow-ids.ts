/** The account of a company that has only one. */
export const defaultAccount = 'default';

/** The workflow id: one journey per lead, identified by the account and the lead's id in your database. */
export function journeyId(leadId: string, account: string = defaultAccount): string {
  return `journey/${account}/${leadId}`;
}

/** The workflow id: one workflow per billing customer. */
export function billingCustomerWorkflowId(billingCustomerId: string, account: string = defaultAccount): string {
  return `billing/${account}/${billingCustomerId}`;
}

/** On SQL databases, Temporal has no room for more. A start with a longer id is repeated for ever instead of refused. */
const mostWorkflowIdCharacters = 255;

/** The longest id of a lead or a billing customer of an account, in characters. */
export function mostIdCharacters(account?: string): number {
  const prefixes = [journeyId('', account), billingCustomerWorkflowId('', account)];
  return mostWorkflowIdCharacters - Math.max(...prefixes.map((prefix) => prefix.length));
}
