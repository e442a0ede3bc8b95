import { Command } from 'commander';
import {
  type BillingCustomerFilter,
  type BillingCustomerSummary,
  type BillingCustomers,
  type BillingCustomerView,
  JourneyNotFoundError,
  Journeys,
} from '../journeys/index.js';
import { checkBillingCustomer, readLink } from '../journeys/input.js';
import { starterConfig } from '../runtime/config.js';
import { type AddCommands, print, wantsJson, withCustomers } from './command.js';
import { UsageError } from './errors.js';
import { day, first, limitOf, streamArray } from './list-command.js';
import { printable, redactEmails } from './redact.js';
import { type Paint, painter, type Stream, type TableLayout, table } from './terminal.js';

/** The commands that take a CUSTOMER. */
export const customerCommands = ['link', 'customer'];

/** Short, because a person waits and a running worker answers at once. */
const answerWithin = '3 seconds';

/** `link`, `customers`, `customer`: the billing customers and their leads. */
export const addCustomerCommands: AddCommands = (program, terminal) => {
  const link = new Command('link')
    .description(
      'link a billing customer to a lead; overrides all events and withdraws its payment from any other lead. Rejected if it is merged with another lead: `unmerge` that one first',
    )
    .argument('<CUSTOMER>', 'the id in the billing system')
    .argument('<LEAD>', 'the id in your database')
    .option('--note <text>', 'the reason (required); stored with the customer')
    .option('--unmerged', 'for a lead that you unmerged in ChartMogul itself; not needed after `unmerge`')
    .addHelpText('after', '\nExample:\n  customer-journey link cus_9 lead_1 --note "paid by the parent company"\n')
    .action(async (customer: string, leadId: string, { note, unmerged: isUnmerged }: LinkOptions) => {
      const request = readLink(customer, { leadId, note, isUnmerged }, starterConfig(terminal.env));
      const view = await withCustomers(terminal, (customers) => customers.link(customer, request));
      const isKnown = (view.trialStartedAt ?? view.paidAt) !== undefined;
      const again =
        isUnmerged || !isKnown
          ? ['If your application, and not the billing system, reported the payment: report it again for this lead.']
          : [];
      print(link, terminal, view, [`Linked: ${customer} is lead ${leadId}.`, notifiedLine(view), ...again]);
    });

  const list = new Command('customers')
    .description("list billing customers and their leads, newest first, from Temporal's records")
    .option('--unmatched', 'only customers with a trial or payment, but without a lead')
    .option('--pre-existing', 'the same, but customers from before events were received')
    .option('--attention', 'only customers that need attention')
    .option('--limit <number>', 'the maximum number of customers', '50')
    .addHelpText(
      'after',
      '\nExamples:\n  customer-journey customers --unmatched\n  customer-journey customers --json\n',
    )
    .action(async (options: ListOptions) => {
      const filter = filterOf(options);
      const limit = limitOf(options.limit);
      await withCustomers(terminal, async (customers) => {
        const listed = first(customers.list(filter), limit);
        if (wantsJson(list)) await streamArray(listed, terminal.stdout);
        else await printTable(customers, filter, listed, painter(terminal, terminal.stdout), terminal.stdout);
      });
    });

  const show = new Command('customer')
    .description('show one billing customer: its lead, the matching rule, and the dates sent to its journey')
    .argument('<CUSTOMER>', 'the id in the billing system')
    .addHelpText('after', '\nExample:\n  customer-journey customer cus_9\n')
    .action(async (customer: string) => {
      checkBillingCustomer(customer);
      const read = await withCustomers(terminal, (customers) => shownCustomer(customers, customer), {
        workerTimeout: answerWithin,
      });
      const view = printable(redactEmails(read));
      print(show, terminal, view, customerPage(view, painter(terminal, terminal.stdout)));
    });

  for (const command of [link, list, show]) program.addCommand(command);
};

interface LinkOptions {
  readonly note?: string;
  readonly unmerged?: boolean;
}

interface ListOptions {
  readonly unmatched?: boolean;
  readonly preExisting?: boolean;
  readonly attention?: boolean;
  readonly limit: string;
}

function filterOf({ unmatched = false, preExisting = false, attention = false }: ListOptions): BillingCustomerFilter {
  if (unmatched && preExisting) throw new UsageError('Pass either --unmatched or --pre-existing, not both.');
  return {
    ...(unmatched && { matchStatus: 'unmatched' }),
    ...(preExisting && { matchStatus: 'pre-existing' }),
    ...(attention && { attention: true }),
  };
}

async function printTable(
  customers: BillingCustomers,
  filter: BillingCustomerFilter,
  listed: AsyncIterable<BillingCustomerSummary>,
  paint: Paint,
  stdout: Stream,
): Promise<void> {
  const rows: BillingCustomerSummary[] = [];
  for await (const customer of listed) rows.push(customer);
  if (rows.length === 0) {
    stdout.write('No billing customers.\n');
    return;
  }
  const more = (await customers.count(filter)) - rows.length;
  stdout.write(`${customerTable(rows, { width: stdout.columns, paint }).join('\n')}\n`);
  if (more > 0) stdout.write(`${paint('dim', `and ${more} more; see --limit`)}\n`);
}

function customerTable(rows: readonly BillingCustomerSummary[], layout: TableLayout): string[] {
  const titles = ['CUSTOMER', 'MATCH STATUS', 'ATTENTION', 'LEAD', 'SUGGESTED', 'TRIAL', 'FIRST PAYMENT'];
  const cells = rows.map((row) => [
    row.billingCustomerId,
    row.matchStatus ?? '-',
    row.attention ?? '-',
    row.leadId ?? '-',
    row.suggestedLeadIds.join(', ') || '-',
    day(row.trialStartedAt),
    day(row.paidAt),
  ]);
  return table(titles, cells, layout);
}

interface ShownCustomer extends BillingCustomerView {
  /** The lead's journey has given the customer up, by `unmerge` or `withdraw`, and nobody has linked it since. */
  readonly withdrawn?: { readonly leadId: string; readonly note: string };
}

/** The customer, and what became of it in the journey of its lead, which does not notify the customer. */
async function shownCustomer(customers: BillingCustomers, customer: string): Promise<ShownCustomer> {
  const view = await customers.view(customer);
  const { client, account } = customers;
  const leadId = view.link?.leadId;
  if (leadId === undefined) return view;
  const journeys = new Journeys({ client, account, workerTimeout: answerWithin });
  const lead = await journeys.view(leadId).catch((error: unknown) => {
    if (error instanceof JourneyNotFoundError) return undefined; // not notified yet, or forgotten
    throw error;
  });
  const withdrawal = lead?.withdrawals?.find(({ billingCustomerId }) => billingCustomerId === customer);
  return { ...view, ...(withdrawal && { withdrawn: { leadId, note: withdrawal.note } }) };
}

function customerPage(view: ShownCustomer, paint: Paint): string[] {
  const { link, attention, otherLeadIds, suggestedLeadIds, withdrawn } = view;
  const relink = 'Link it to its own lead: `customer-journey link CUSTOMER LEAD --note TEXT`.';
  const fields: (readonly [label: string, text: string | undefined])[] = [
    ['match status', withdrawn ? paint('yellow', `withdrawn from ${withdrawn.leadId}`) : view.matchStatus],
    ['', withdrawn && relink],
    ['reason', withdrawn?.note],
    ['attention', attention && `${paint('red', attention.code)} since ${attention.since}`],
    ['', attention?.text],
    ['reason', attention?.detail],
    ['next try', attention?.nextTryAt],
    ['lead', link === undefined ? 'unknown' : `${link.leadId}, by ${link.rule}`],
    ['note', link?.note],
    ['other leads', otherLeadIds.join(', ') || undefined],
    ['suggested', suggestedLeadIds.join(', ') || undefined],
    ['trial', view.trialStartedAt ?? 'none so far'],
    ['first paid', view.paidAt ?? 'not yet'],
    ['notified', notifiedLine(view)],
    ...view.notices.map(({ code, text }) => ['notice', `${paint('yellow', code)}: ${text}`] as const),
  ];
  return [
    paint('bold', `Billing customer ${view.billingCustomerId}`),
    '',
    ...fields.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(11)} ${text}`])),
  ];
}

function notifiedLine({
  matchStatus,
  link,
  trialStartedAt,
  paidAt,
  notified: notification,
}: BillingCustomerView): string {
  if (matchStatus === 'waiting' && link !== undefined && (trialStartedAt ?? paidAt) !== undefined) {
    return `The journey of ${link.leadId} is not notified yet; this is retried.`;
  }
  if (notification === undefined) return 'No journey has been notified yet: that takes a lead and a trial or payment.';
  const dates = [
    ...(notification.trialStartedAt === undefined ? [] : [`trial ${notification.trialStartedAt}`]),
    ...(notification.paidAt === undefined ? [] : [`payment ${notification.paidAt}`]),
  ];
  return `The journey of ${notification.leadId} was notified: ${dates.join(', ')}.`;
}
