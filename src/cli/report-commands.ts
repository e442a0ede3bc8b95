import { Command } from 'commander';
import type { JourneyReference, Journeys, Profile } from '../journeys/index.js';
import { readReport } from '../journeys/input.js';
import { starterConfig } from '../runtime/config.js';
import { journeyUrl } from '../temporal/web-ui.js';
import { type AddCommands, print, withJourneys } from './command.js';
import type { Terminal } from './terminal.js';

type ReportOptions = Profile & { readonly at?: string; readonly customer?: string };

/** `lead`, `trial`, `paid`: report manually what an application would report; repeatable, late and in any order. */
export const addReportCommands: AddCommands = (program, terminal) => {
  const lead = reportCommand('lead', 'report that a lead was created in your database')
    .option('--name <text>')
    .option('--email <address>')
    .option('--company <text>')
    .option('--country <code>', 'ISO 3166, for example US')
    .option('--state <code>', 'for example US-NY')
    .option('--city <text>')
    .option('--zip <text>')
    .addHelpText(
      'after',
      example('lead lead_1 --at 2016-01-05T00:00:00Z --name "Adam Smith" --email adam@smith.example'),
    )
    .action(async (leadId: string, { at, customer, ...profile }: ReportOptions) => {
      const input = { ...occurred(at), ...(Object.keys(profile).length > 0 && { profile }) };
      check(terminal, leadId, 'leadCreated', input);
      await report(lead, terminal, leadId, `lead created ${at}`, (journeys) => journeys.leadCreated(leadId, input));
    });

  const trial = reportCommand('trial', 'report that a free trial started')
    .option('--customer <id>', 'the id in the billing system, if the trial runs there')
    .addHelpText('after', example('trial lead_1 --at 2016-02-10T06:15:10+01:00'))
    .action(async (leadId: string, { at, customer }: ReportOptions) => {
      const input = { ...occurred(at), ...billingCustomer(customer) };
      check(terminal, leadId, 'trialStarted', input);
      await report(trial, terminal, leadId, `trial started ${at}`, (journeys) => journeys.trialStarted(leadId, input));
    });

  const paid = reportCommand('paid', 'report the first payment')
    .option('--customer <id>', 'the id in the billing system')
    .addHelpText(
      'after',
      '\nWithout --customer, LEAD must also be the customer id in the billing system: that id is looked up in\n' +
        'ChartMogul, and the lead is merged with the customer that is found.\n' +
        example('paid lead_1 --at 2016-02-25T09:30:00Z --customer cus_8rXgTrk'),
    )
    .action(async (leadId: string, { at, customer }: ReportOptions) => {
      const input = { ...occurred(at), ...billingCustomer(customer) };
      check(terminal, leadId, 'paymentSucceeded', input);
      await report(paid, terminal, leadId, `paid ${at}`, (journeys) => journeys.paymentSucceeded(leadId, input));
    });

  for (const command of [lead, trial, paid]) program.addCommand(command);
};

function reportCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<LEAD>', 'the id in your database; it becomes the external_id in ChartMogul')
    .option('--at <date>', 'when it happened (required): RFC 3339 with an offset');
}

/** Validates a report before the connection to Temporal. @throws InvalidInputError, ConfigError */
function check(terminal: Terminal, leadId: string, kind: Parameters<typeof readReport>[1], input: unknown): void {
  readReport(leadId, kind, input, starterConfig(terminal.env));
}

async function report(
  command: Command,
  terminal: Terminal,
  leadId: string,
  what: string,
  send: (journeys: Journeys) => Promise<JourneyReference>,
): Promise<void> {
  const reference = await withJourneys(terminal, send);
  const url = journeyUrl(terminal.env, reference);
  print(command, terminal, { leadId, ...reference, ...(url !== undefined && { url }) }, [
    `Accepted: ${leadId}, ${what}.`,
    `Journey ${url ?? reference.workflowId}`,
  ]);
}

/** A missing date becomes an invalid one, so that it is reported together with all other problems. */
function occurred(at: string | undefined): { occurredAt: string } {
  return { occurredAt: at ?? '' };
}

function billingCustomer(id: string | undefined): { billingCustomerId?: string } {
  return id === undefined ? {} : { billingCustomerId: id };
}

function example(line: string): string {
  return `\nExample:\n  customer-journey ${line}\n`;
}
