import { Command } from 'commander';
import type { AddCommands } from '../command.js';
import { EndWith } from '../errors.js';
import { Interruption } from './interruption.js';
import type { ImportOptions } from './run.js';

const help = `
Columns: lead_id, lead_created_at, trial_started_at, billing_customer_id, paid_at, name, email, company, country, state,
city, zip; the first two are needed. Dates are RFC 3339; without an offset, or days alone, with --time-zone.
To import a file again is safe: what is done stays done.

Exit codes: 0 all is well, 1 some journeys need attention, 2 refused, nothing was started, 130 stopped with Ctrl-C.

Examples:
  customer-journey import leads.csv --dry-run
  customer-journey import leads.csv --map id=lead_id --map created=lead_created_at --time-zone Europe/Berlin
  psql -c "\\copy (select ...) to stdout csv header" | customer-journey import - --yes
`;

/** `import`: journeys for all leads of a file. First all is checked, then all is done. */
export const addImportCommand: AddCommands = (program, terminal) => {
  const command = new Command('import')
    .description('start journeys for existing leads from a CSV file; shows what it will do, and asks')
    .argument('<FILE>', 'the file, or - for standard input')
    .option('--map <their=ours>', 'a column by another name; their= leaves it out (repeatable)', collect, [])
    .option('--ignore-unknown', 'go on although there are columns that are not known')
    .option('--time-zone <name>', 'the IANA time zone of dates that name none, for example Europe/Berlin')
    .option('--delimiter <character>', 'what separates columns; "tab" for tabs', ',')
    .option('--window <number>', 'journeys with steps outstanding at a time', '500')
    .option('--skip-bad', 'go on without the bad lines')
    .option('--dry-run', 'check and show, start nothing; needs no Temporal')
    .option('--yes', 'do not ask')
    .addHelpText('after', help)
    .action(async (path: string, options: ImportOptions) => {
      // Loaded on demand: no other command needs the import.
      const { importFile } = await import('./run.js');
      const stop = new Interruption();
      try {
        await importFile({ command, terminal, path, options, stop });
      } catch (error) {
        if (stop.exitCode === undefined || error instanceof EndWith) throw error;
        terminal.stderr.write('Stopped before anything was started.\n');
        throw new EndWith(stop.exitCode);
      } finally {
        stop.end();
      }
    });
  program.addCommand(command);
};

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
