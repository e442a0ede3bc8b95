import { Command } from 'commander';
import type { AddCommands } from '../command.js';
import { stoppable } from './interruption.js';
import { addColumnOptions, addValueOptions } from './reading-options.js';
import type { ImportOptions } from './run.js';

const help = `
Columns: lead_id, lead_created_at, trial_started_at, billing_customer_id, paid_at, name, email, company, country, state,
city, zip; the first two are required. A file with a trial or a payment and without lead_created_at only adds to leads
that have a journey. Dates are RFC 3339, unless --date-format names another format; dates without an
offset or time require --time-zone.
It is safe to import a file again: completed leads are skipped.

Exit codes:
  0    success
  1    done, but some journeys need attention, or some leads have no journey to add to; or an unexpected error
  2    invalid file or arguments, nothing was started; or the file changed during the import
  75   Temporal cannot be reached, or no worker runs; import the file again
  78   invalid configuration
  130  stopped with Ctrl-C; import the file again to resume
  143  stopped with SIGTERM; import the file again to resume

Examples:
  customer-journey import leads.csv --dry-run
  customer-journey import leads.csv --map id=lead_id --map created=lead_created_at --time-zone Europe/Berlin
  customer-journey import excel.csv --date-format "M/D/YYYY H:mm" --time-zone America/New_York
  customer-journey import contacts.csv --from hubspot --time-zone America/New_York
  customer-journey import --join payments.csv users.csv
  psql -c "\\copy (select ...) to stdout csv header" | customer-journey import - --yes
`;

/** `import`: starts journeys for all leads of a file, after it has checked the whole file. */
export const addImportCommand: AddCommands = (program, terminal) => {
  const command = new Command('import')
    .description('start journeys for existing leads from a CSV file, after a preview and a prompt')
    .argument('<FILE>', 'the file, or - for standard input');
  addColumnOptions(command)
    .option(
      '--join <payments>',
      "Stripe's export of payments: adds the first payment of each lead's billing_customer_id",
    )
    .option('--join-by <key>', 'join the payments by "customer" (default) or "email"');
  addValueOptions(command)
    .option(
      '--window <number>',
      'the maximum number of journeys with outstanding steps (default: the caches of all running workers together, ' +
        'WORKER_CACHED_WORKFLOWS each)',
    )
    .option('--dry-run', 'validate and preview only; does not need Temporal')
    .option('--yes', 'do not prompt')
    .addHelpText('after', help)
    .action(async (path: string, options: ImportOptions) => {
      // Loaded on demand: no other command needs the import.
      const { importFile } = await import('./run.js');
      await stoppable(terminal, (stop) => importFile({ command, terminal, path, options, stop }));
    });
  program.addCommand(command);
};
