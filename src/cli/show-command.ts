import { Command } from 'commander';
import { checkLead } from '../journeys/input.js';
import { journeyUrl } from '../temporal/web-ui.js';
import { type AddCommands, print, withJourneys } from './command.js';
import { journeyPage } from './journey-page.js';
import { readJourney } from './journey-record.js';
import { printable, redactEmails } from './redact.js';
import { painter } from './terminal.js';

/** Short, because a person waits. After this time the command shows Temporal's records instead. */
const answerWithin = '3 seconds';

/** `show`: the current state of one journey. */
export const addShowCommand: AddCommands = (program, terminal) => {
  const command = new Command('show')
    .description('show one journey: stage, attention, dates (UTC), and the link to its history')
    .argument('<LEAD>')
    .addHelpText('after', '\nExample:\n  customer-journey show lead_1\n')
    .action(async (leadId: string) => {
      checkLead(leadId);
      const read = await withJourneys(terminal, (journeys) => readJourney(journeys, leadId), {
        workerTimeout: answerWithin,
      });
      const record = printable(redactEmails(read));
      const url = journeyUrl(terminal.env, record);
      const document = { ...record, ...(url !== undefined && { url }) };
      print(
        command,
        terminal,
        document,
        journeyPage(record, painter(terminal, terminal.stdout), { url, width: terminal.stdout.columns }),
      );
    });
  program.addCommand(command);
};
