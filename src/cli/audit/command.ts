import { Command } from 'commander';
import type { AddCommands } from '../command.js';
import { stoppable } from '../import/interruption.js';
import { addColumnOptions, addValueOptions } from '../import/reading-options.js';
import type { AuditOptions } from './run.js';

const help = `
The audit compares what Temporal knows of all leads with ChartMogul's lists, behind all live requests. It runs on the
workers and continues if this command is stopped: run the same command again to follow it. It writes nothing; with
--fix, the journeys of wrong leads start again and write what they always write.
A FILE, in the format of \`import\`, has leads that Temporal has forgotten. --every and --last take no FILE.

Exit codes:
  0    all leads are right; with --every: done
  1    some leads are not right; or the audit failed, or was cancelled (with --last: also a later one)
  2    invalid file or arguments, or another audit is running; nothing was started
  75   Temporal cannot be reached, or no worker runs
  78   invalid configuration
  130  stopped with Ctrl-C; the audit continues
  143  stopped with SIGTERM; the audit continues

Examples:
  customer-journey audit
  customer-journey audit --fix --out differences.csv
  customer-journey audit leads.csv --time-zone Europe/Berlin
  customer-journey audit --every 1d --fix
  customer-journey audit --last --json
`;

/** `audit`: whether ChartMogul shows what is known of all leads, and a list of those for which it does not. */
export const addAuditCommand: AddCommands = (program, terminal) => {
  const command = new Command('audit')
    .description('compare the records of all leads in ChartMogul with what is known, and list the differences')
    .argument('[FILE]', 'more leads: a CSV file as for import, or - for standard input')
    .option('--fix', 'start the journeys of wrong leads again, and follow them')
    .option('--out <file>', 'write all differences to a CSV file, which is overwritten')
    .option('--every <duration>', 'let the workers audit in this interval, for example 1d; "off" ends that')
    .option('--last', 'show the last finished audit, and start none');
  addColumnOptions(command);
  addValueOptions(command)
    .addHelpText('after', help)
    .action(async (path: string | undefined, options: AuditOptions) => {
      // Loaded on demand: only this command and the import need to read files.
      const { audit } = await import('./run.js');
      await stoppable(terminal, (stop) => audit({ command, terminal, path, options, stop }));
    });
  program.addCommand(command);
};
