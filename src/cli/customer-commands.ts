import { Command } from 'commander';
import type {
  BillingCustomerFilter,
  BillingCustomerSummary,
  BillingCustomers,
  BillingCustomerView,
} from '../journeys/index.js';
import { checkBillingCustomer, readLink } from '../journeys/input.js';
import { starterConfig } from '../runtime/config.js';
import { type AddCommands, print, wantsJson, withCustomers } from './command.js';
import { UsageError } from './errors.js';
import { day, first, limitOf, streamArray } from './list-command.js';
import { printable, redactEmails } from './redact.js';
import { type Paint, painter, type Stream, table } from './terminal.js';

/** The commands that take a CUSTOMER. */
export const customerCommands = ['link', 'customer'];

/** A person waits: a worker that runs answers at once. */
const answerWithin = '3 seconds';

/** `link`, `customers`, `customer`: the billing system's customers, and which lead each of them is. */
export const addCustomerCommands: AddCommands = (program, terminal) => {
  const link = new Command('link')
    .description('say which lead a billing customer is, above all events; takes its payment back from another lead')
    .argument('<CUSTOMER>', 'the id in the billing system')
    .argument('<LEAD>', 'the id in your database')
    .option('--note <text>', 'why (required); kept with the customer')
    .option(
      '--unmerged',
      'the old lead is unmerged in ChartMogul by now, and the dates on the paying customer are reset',
    )
    .addHelpText('after', '\nExample:\n  customer-journey link cus_9 lead_1 --note "paid by the parent company"\n')
    .action(async (customer: string, leadId: string, { note, unmerged: isUnmerged }: LinkOptions) => {
      const request = readLink(customer, { leadId, note, isUnmerged }, starterConfig(terminal.env));
      const view = await withCustomers(terminal, (customers) => customers.link(customer, request));
      print(link, terminal, view, [`Linked: ${customer} is lead ${leadId}.`, notifiedLine(view)]);
    });

  const list = new Command('customers')
    .description("list billing customers and their leads, newest first, from Temporal's records")
    .option('--unmatched', 'only those who pay, and nobody said for which lead')
    .option('--pre-existing', 'the same, but they were customers before events were received')
    .option('--limit <number>', 'at most so many', '50')
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
    .description('show one billing customer: its lead, how that is known, and what its journey was told')
    .argument('<CUSTOMER>', 'the id in the billing system')
    .addHelpText('after', '\nExample:\n  customer-journey customer cus_9\n')
    .action(async (customer: string) => {
      checkBillingCustomer(customer);
      const read = await withCustomers(terminal, (customers) => customers.view(customer), {
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
  readonly limit: string;
}

function filterOf({ unmatched = false, preExisting = false }: ListOptions): BillingCustomerFilter {
  if (unmatched && preExisting) throw new UsageError('Give either --unmatched or --pre-existing.');
  if (unmatched) return { matchStatus: 'unmatched' };
  return preExisting ? { matchStatus: 'pre-existing' } : {};
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
  const [titles = '', ...others] = customerTable(rows);
  stdout.write(`${[paint('bold', titles), ...others].join('\n')}\n`);
  if (more > 0) stdout.write(`${paint('dim', `and ${more} more; see --limit`)}\n`);
}

function customerTable(rows: readonly BillingCustomerSummary[]): string[] {
  const titles = ['CUSTOMER', 'STANDING', 'ATTENTION', 'LEAD', 'SUGGESTED', 'TRIAL', 'FIRST PAYMENT'];
  const cells = rows.map((row) => [
    row.billingCustomerId,
    row.matchStatus ?? '-',
    row.attention ?? '-',
    row.leadId ?? '-',
    row.suggestedLeadIds.join(', ') || '-',
    day(row.trialStartedAt),
    day(row.paidAt),
  ]);
  return table(titles, cells);
}

function customerPage(view: BillingCustomerView, paint: Paint): string[] {
  const { link, attention, otherLeadIds, suggestedLeadIds } = view;
  const fields: (readonly [label: string, text: string | undefined])[] = [
    ['match status', view.matchStatus],
    ['attention', attention && `${paint('red', attention.code)} since ${attention.since}`],
    ['', attention?.text],
    ['lead', link === undefined ? 'not known' : `${link.leadId}, by ${link.rule}`],
    ['note', link?.note],
    ['also named', otherLeadIds.join(', ') || undefined],
    ['suggested', suggestedLeadIds.join(', ') || undefined],
    ['trial', view.trialStartedAt ?? 'none so far'],
    ['first paid', view.paidAt ?? 'not so far'],
    ['handed over', notifiedLine(view)],
    ...view.notices.map(({ code, text }) => ['notice', `${paint('yellow', code)}: ${text}`] as const),
  ];
  return [
    paint('bold', `Billing customer ${view.billingCustomerId}`),
    '',
    ...fields.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(11)} ${text}`])),
  ];
}

function notifiedLine({ notified: notification }: BillingCustomerView): string {
  if (notification === undefined) return 'Nothing to hand over yet: no trial and no payment is known.';
  const dates = [
    ...(notification.trialStartedAt === undefined ? [] : [`trial ${notification.trialStartedAt}`]),
    ...(notification.paidAt === undefined ? [] : [`payment ${notification.paidAt}`]),
  ];
  return `The journey of ${notification.leadId} was told: ${dates.join(', ')}.`;
}
