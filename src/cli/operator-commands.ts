import { Command } from 'commander';
import type { CorrectableDate } from '../domain/journey/facts.js';
import type { Unmerged } from '../domain/journey/unmerging.js';
import type { Journeys, JourneyView } from '../journeys/index.js';
import { checkLead, readClose, readCorrection, readRelink, readUnmerge } from '../journeys/input.js';
import { type AddCommands, print, withJourneys } from './command.js';
import type { Terminal } from './terminal.js';

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
  readonly deleteRecord?: true;
}

/** Manual intervention. All commands but `hint` need a running worker. */
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
      const { view, hadEnded } = await changed(terminal, leadId, (journeys) => journeys.correct(leadId, correction));
      const lines = [`Corrected: ${leadId}, ${date} ${correction.to}.`, ...statusLines(view, hadEnded)];
      print(correct, terminal, { ...view, hadEnded }, lines);
    });

  const relink = new Command('relink')
    .description('set another billing customer; overrides all reports; refused once the merge was requested')
    .argument('<LEAD>')
    .option('--customer <id>', 'the id in the billing system (required)')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText('after', example('relink lead_1 --customer cus_9 --note "paid with the company account"'))
    .action(async (leadId: string, { customer, note }: CorrectionOptions) => {
      const request = readRelink(leadId, { billingCustomerId: customer, note });
      const { view, hadEnded } = await changed(terminal, leadId, (journeys) => journeys.relink(leadId, request));
      const lines = [`Relinked: ${leadId}, billing customer ${customer}.`, ...statusLines(view, hadEnded)];
      print(relink, terminal, { ...view, hadEnded }, lines);
    });

  const merge = new Command('merge')
    .description('confirm that another billing customer of the lead is the same person, and merge its record too')
    .argument('<LEAD>')
    .option('--customer <id>', 'the other id in the billing system (required)')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText('after', example('merge lead_1 --customer cus_9 --note "signed up twice"'))
    .action(async (leadId: string, { customer, note }: CorrectionOptions) => {
      const request = readRelink(leadId, { billingCustomerId: customer, note });
      const { view, hadEnded } = await changed(terminal, leadId, (journeys) => journeys.mergeCustomer(leadId, request));
      const lines = [`Merging: ${leadId}, also with billing customer ${customer}.`, ...statusLines(view, hadEnded)];
      print(merge, terminal, { ...view, hadEnded }, lines);
    });

  const withdraw = new Command('withdraw')
    .description(
      'remove a billing customer that belongs to another lead or to none; refused once its merge was requested',
    )
    .argument('<LEAD>')
    .option('--customer <id>', 'the id in the billing system (required)')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText('after', example('withdraw lead_1 --customer cus_9 --note "a colleague paid"'))
    .action(async (leadId: string, { customer, note }: CorrectionOptions) => {
      const request = readRelink(leadId, { billingCustomerId: customer, note });
      const { view, hadEnded } = await changed(terminal, leadId, (journeys) => journeys.withdraw(leadId, request));
      const lines = [`Withdrawn: ${leadId}, billing customer ${customer}.`, ...statusLines(view, hadEnded)];
      print(withdraw, terminal, { ...view, hadEnded }, lines);
    });

  const unmerge = new Command('unmerge')
    .description(
      "take back a wrong merge: split the lead off its record in ChartMogul, put back both records' dates, and withdraw the billing customer",
    )
    .argument('<LEAD>')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .addHelpText(
      'after',
      `\nAfterwards, \`link\` the billing customer to its own lead, or \`relink\` the lead to another customer.\n${example('unmerge lead_1 --note "a colleague paid"')}`,
    )
    .action(async (leadId: string, { note }: CorrectionOptions) => {
      const request = readUnmerge(leadId, { note });
      const { view, hadEnded } = await changed(terminal, leadId, (journeys) => journeys.unmerge(leadId, request));
      print(unmerge, terminal, { ...view, hadEnded }, unmergedLines(view, hadEnded));
    });

  const close = new Command('close')
    .description('end a journey in its current state; reporting the lead again starts a new one')
    .argument('<LEAD>')
    .option('--note <text>', 'the reason (required); stored with the journey')
    .option('--delete-record', "also delete the lead's record in ChartMogul, unless it is merged with other ids")
    .addHelpText('after', example('close lead_1 --note "a test entry" --delete-record'))
    .action(async (leadId: string, { note, deleteRecord }: CorrectionOptions) => {
      const request = readClose(leadId, { note, deleteRecord });
      const { view, hadEnded } = await changed(terminal, leadId, (journeys) => journeys.close(leadId, request));
      const after = hadEnded ? 'The journey had ended. What it knew is not used any more.' : `In stage ${view.stage}.`;
      print(close, terminal, { ...view, hadEnded }, [`Closed: ${leadId}. ${after}`, remains(view)]);
    });

  for (const command of [hint, correct, relink, merge, withdraw, unmerge, close]) program.addCommand(command);
};

/** What closing leaves in ChartMogul. */
function remains({ leadId, isRecordDeleted, customerUuid, payerUuid }: JourneyView): string {
  if (isRecordDeleted) return "The lead's record in ChartMogul is deleted.";
  if (customerUuid !== undefined && customerUuid === payerUuid) {
    return `The merged record ${customerUuid} remains in ChartMogul.`;
  }
  const record = customerUuid === undefined ? 'Any record of the lead' : `The lead record ${customerUuid}`;
  const command = `customer-journey close ${leadId} --delete-record --note TEXT`;
  return `${record} remains in ChartMogul and counts in its charts. To delete it: ${command}`;
}

/** Makes an operator's change. `hadEnded`: it started the journey again. */
async function changed(
  terminal: Terminal,
  leadId: string,
  change: (journeys: Journeys) => Promise<JourneyView>,
): Promise<{ readonly view: JourneyView; readonly hadEnded: boolean }> {
  return withJourneys(terminal, async (journeys) => {
    const { status } = await journeys.summary(leadId);
    return { view: await change(journeys), hadEnded: status !== 'RUNNING' };
  });
}

function unmergedLines(
  { leadId, stage, doing, unmerging, unmerged, notices }: JourneyView,
  hadEnded: boolean,
): string[] {
  const status = `Stage ${stage}: ${doing}.`;
  if (unmerging !== undefined || unmerged === undefined) {
    return [
      `Unmerging: ${leadId}. It is not finished yet, and the journey goes on with it. \`customer-journey show ${leadId}\` shows when it is done.`,
      status,
    ];
  }
  const { billingCustomerIds, left } = unmerged;
  const customers = billingCustomerIds.join(', ');
  const separated = customers === '' ? '' : ` and is separated from billing customer ${customers}`;
  const rest = left && !left.problem ? [`Record ${left.uuid} has its dates from before: ${datesOf(left.dates)}.`] : [];
  const problems = notices.filter(({ code }) => code === 'dates-not-restored').map(({ text }) => text);
  return [
    `Unmerged: ${leadId} has a record of its own again${separated}.`,
    ...rest,
    ...problems,
    ...(hadEnded ? ['The journey had ended. It runs again.'] : []),
    status,
    ...billingCustomerIds.slice(0, 1).map((id) => `Next: \`link ${id} LEAD\`, or \`relink ${leadId} --customer ID\`.`),
  ];
}

function datesOf({ leadCreatedAt, freeTrialStartedAt }: NonNullable<Unmerged['left']>['dates']): string {
  return `lead ${leadCreatedAt ?? 'none'}, trial ${freeTrialStartedAt ?? 'none'}`;
}

function statusLines({ stage, doing }: JourneyView, hadEnded: boolean): string[] {
  const again = 'The journey had ended. It runs again, and ends once ChartMogul shows the change.';
  return [...(hadEnded ? [again] : []), `Stage ${stage}: ${doing}.`];
}

function example(line: string): string {
  return `\nExample:\n  customer-journey ${line}\n`;
}
