import { Command } from 'commander';
import { exitCodes } from '../runtime/exit-codes.js';
import type { AddCommands } from './command.js';
import { EndWith } from './errors.js';
import { Interruption } from './import/interruption.js';
import type { ProbeOptions } from './probe.js';

const help = `
Answers the open questions of docs/sandbox.md with a real account, so that you, and with your answer we, can set the
sandbox to what ChartMogul does. It needs neither Temporal nor a worker.

Settings, from the environment:
  CHARTMOGUL_API_KEY  required: read and write
  CHARTMOGUL_URL      default https://api.chartmogul.com
  CHARTMOGUL_TIMEOUT  timeout of one request ('30 seconds')

Exit codes:
  0    all questions are answered, and everything is removed
  1    ChartMogul refused something, a merge was not done in time, or something could not be removed
  2    --i-know is missing, or an earlier probe left something: see --clean-up
  75   ChartMogul cannot be reached; repeat the probe
  78   invalid configuration, or ChartMogul does not accept the key for reading and writing
  130  stopped with Ctrl-C; everything is removed
  143  stopped with SIGTERM; everything is removed
A second Ctrl-C or SIGTERM ends the probe at once: then use --clean-up.

Examples:
  customer-journey probe                              # says what it would do, and does nothing
  customer-journey probe --i-know --out answers.json
  customer-journey probe --i-know --clean-up
`;

/** `probe`: plays the open questions about ChartMogul with throw-away records in a real account. */
export const addProbeCommand: AddCommands = (program, terminal) => {
  const command = new Command('probe')
    .description('find out with three throw-away customers how ChartMogul answers what is not documented')
    .option('--i-know', 'yes, create and delete records in the account of CHARTMOGUL_API_KEY')
    .option('--out <file>', 'also write what was seen to this file, to send it to us')
    .option('--clean-up', 'only remove what an earlier probe left because its process was killed')
    .option('--rate <number>', 'requests per second (default: 2)')
    .addHelpText('after', help)
    .action(async (options: ProbeOptions) => {
      // Loaded on demand: no other command needs the probe.
      const { probe } = await import('./probe.js');
      const stop = new Interruption();
      const exitCode = await probe({ command, terminal, options, stop })
        .catch((error: unknown) => {
          if (stop.exitCode === undefined) throw error;
          terminal.stderr.write('Stopped before it created anything.\n');
          return stop.exitCode;
        })
        .finally(() => stop.end());
      if (exitCode !== exitCodes.ok) throw new EndWith(exitCode);
    });
  program.addCommand(command);
};
