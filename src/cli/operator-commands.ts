import { Command } from 'commander';
import type { CorrectableDate } from '../domain/journey/facts.js';
import type { JourneyView } from '../journeys/index.js';
import { checkLead, readClose, readCorrection, readRelink } from '../journeys/input.js';
import { type AddCommands, print, withJourneys } from './command.js';

/** The values of `--date`. */
export const dateNames: Readonly<Record<string, CorrectableDate>> = {
  lead: 'leadCreatedAt',
  trial: 'trialStartedAt',
  paid: 'paidAt',
};

interface CorrectionOptions {
  readonly date?: string;
  readonly to?: string;
  readonly customer?: string;
  readonly note?: string;
}

/** `hint`, `correct`, `relink`, `close`: manual intervention. The last three need a running worker. */
export const addOperatorCommands: AddCommands = (program, terminal) => {
  const hint = new Command('hint')
    .description('make a running lookup of the paying customer query ChartMogul now')
    .argument('<LEAD>')
    .action(async (leadId: string) => {
      checkLead(leadId);
      await withJourneys(terminal, (journeys) => journeys.payerHint(leadId));
      print(hint, terminal, { leadId, sent: 'payerHint' }, [`Hint sent to ${leadId}.`]);
    });

  const correct = new Command('correct')
    .description('correct a date; overrides all reports and updates ChartMogul')
    .argument('<LEAD>')
    .option('--date <name>', `which date (required): ${Object.keys(dateNames).join(', ')}`)
    .option('--to <date>', 'the correct date (required): RFC 3339 with an offset')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText(
      'after',
      example('correct lead_1 --date trial --to 2016-02-11T00:00:00Z --note "typed wrong in the CRM"'),
    )
    .action(async (leadId: string, { date = '', to, note }: CorrectionOptions) => {
      const correction = readCorrection(leadId, { date: dateNames[date], to, note });
      const view = await withJourneys(terminal, (journeys) => journeys.correct(leadId, correction));
      print(correct, terminal, view, [`Corrected: ${leadId}, ${date} ${correction.to}.`, ...statusLines(view)]);
    });

  const relink = new Command('relink')
    .description('set another billing customer; overrides all reports; refused once the merge was requested')
    .argument('<LEAD>')
    .option('--customer <id>', 'the id in the billing system (required)')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText('after', example('relink lead_1 --customer cus_9 --note "paid with the company account"'))
    .action(async (leadId: string, { customer, note }: CorrectionOptions) => {
      const request = readRelink(leadId, { billingCustomerId: customer, note });
      const view = await withJourneys(terminal, (journeys) => journeys.relink(leadId, request));
      print(relink, terminal, view, [`Relinked: ${leadId}, billing customer ${customer}.`, ...statusLines(view)]);
    });

  const close = new Command('close')
    .description('end a journey in its current state; reporting the lead again starts a new one')
    .argument('<LEAD>')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText('after', example('close lead_1 --note "a test entry"'))
    .action(async (leadId: string, { note }: CorrectionOptions) => {
      const request = readClose(leadId, { note });
      const view = await withJourneys(terminal, (journeys) => journeys.close(leadId, request));
      print(close, terminal, view, [`Closed: ${leadId}, in stage ${view.stage}.`]);
    });

  for (const command of [hint, correct, relink, close]) program.addCommand(command);
};

function statusLines({ stage, doing }: JourneyView): string[] {
  return [`Stage ${stage}: ${doing}.`];
}

function example(line: string): string {
  return `\nExample:\n  customer-journey ${line}\n`;
}
