import { Command, CommanderError } from 'commander';
import { UpdateUnansweredError } from '../journeys/errors.js';
import { exitCodes, type Failure, failureOf } from '../runtime/exit-codes.js';
import { version } from '../runtime/program.js';
import { addCustomerCommands, customerCommands } from './customer-commands.js';
import { EndWith } from './errors.js';
import { addGatewayCommands } from './gateway-commands.js';
import { addImportCommand } from './import/command.js';
import { addListCommand } from './list-command.js';
import { addOperatorCommands, dateNames } from './operator-commands.js';
import { addReportCommands } from './report-commands.js';
import { addRetryCommand } from './retry-command.js';
import { addShowCommand } from './show-command.js';
import { painter, processTerminal, type Terminal } from './terminal.js';

const help = `
The connection to Temporal uses the standard variables: TEMPORAL_ADDRESS (default localhost:7233), TEMPORAL_NAMESPACE,
TEMPORAL_API_KEY, TEMPORAL_PROFILE. JOURNEY_ACCOUNT names the ChartMogul account (default: default).

Exit codes:
  0   success
  1   failure: no such journey, or an unexpected error
  2   invalid arguments, or the journey refused the request; nothing was started or changed (for an import, see its help)
  75  Temporal cannot be reached, or no worker answers; the message says whether it is safe to retry
  78  invalid configuration

Examples:
  customer-journey lead lead_1 --at 2016-01-05T00:00:00Z
  customer-journey trial lead_1 --at 2016-02-10T05:15:10Z
  customer-journey paid lead_1 --at 2016-02-25T00:00:00Z --customer cus_1
  customer-journey show lead_1
`;

/**
 * Runs one command.
 *
 * @param args the arguments after the program's name
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof EndWith) return error.exitCode;
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok; // --help and --version
    const failure = explain(error, args);
    if (failure !== undefined) complain(failure, args.includes('--json'), terminal);
    return failure?.exitCode ?? exitCodes.usage;
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('customer-journey')
    .description('Manages each lead from its creation to one proven, paying customer in ChartMogul.')
    .version(version)
    .option('--json', 'print one JSON document; errors are JSON too (on stderr)')
    .addHelpText('after', help)
    .helpCommand(false);
  addReportCommands(program, terminal);
  addShowCommand(program, terminal);
  addListCommand(program, terminal);
  addRetryCommand(program, terminal);
  addOperatorCommands(program, terminal);
  addCustomerCommands(program, terminal);
  addImportCommand(program, terminal);
  addGatewayCommands(program, terminal);
  program.addCommand(workerCommand(terminal));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureHelp({ showGlobalOptions: true })
      .configureOutput({
        writeOut: (text) => void terminal.stdout.write(text),
        writeErr: (text) => void terminal.stderr.write(text),
        outputError: () => undefined, // complain prints the error once
      });
  }
  return program;
}

/** Loads the worker on demand: the SDK's native core takes a second to load, and no other command needs it. */
function workerCommand({ env }: Terminal): Command {
  return new Command('worker')
    .description('run journeys and their requests to ChartMogul, until SIGTERM')
    .addHelpText('after', '\nRequires CHARTMOGUL_API_KEY; see the README for the other settings.\n')
    .action(async () => {
      const { runWorker } = await import('../worker.js');
      await runWorker(env);
    });
}

/** Undefined if nothing is left to print. */
function explain(error: unknown, args: readonly string[]): Failure | undefined {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return undefined; // no command was passed; commander has printed the help
    return { exitCode: exitCodes.usage, code: 'usage', message: error.message.replace(/^error: /, '') };
  }
  const failure = failureOf(error);
  if (error instanceof UpdateUnansweredError) {
    const look = customerCommands.includes(commandOf(args)) ? 'customer CUSTOMER' : 'show LEAD';
    const advice = `Start one with \`customer-journey worker\`, and check with \`customer-journey ${look}\` before you repeat it.`;
    return { ...failure, message: `${failure.message} ${advice}` };
  }
  if (failure.code === 'no-worker') {
    return { ...failure, message: `${failure.message} Start one with \`customer-journey worker\`, then retry.` };
  }
  if (failure.problems === undefined) return failure;
  const problems = failure.problems.map(({ pointer, message }) => ({
    pointer,
    message: asTyped(pointer, message, args),
  }));
  const lines = problems.map(({ message }) => `  ${message}`);
  return { ...failure, problems, message: `Invalid arguments; nothing was sent:\n${lines.join('\n')}` };
}

/** The name of the command: no option before it takes a value. */
function commandOf(args: readonly string[]): string {
  return args.find((arg) => !arg.startsWith('-')) ?? '';
}

/** Names the option instead of the field of the problem. */
function asTyped(pointer: string, message: string, args: readonly string[]): string {
  if (pointer === '/date') return `--date must be one of ${Object.keys(dateNames).join(', ')}`;
  const field = pointer.split('/').at(-1) ?? '';
  const customer = customerCommands.includes(commandOf(args)) ? 'CUSTOMER' : '--customer';
  const option = { leadId: 'LEAD', occurredAt: '--at', billingCustomerId: customer }[field] ?? `--${field}`;
  return `${option} ${message}`;
}

function complain({ code, message, problems }: Failure, isJson: boolean, terminal: Terminal): void {
  const paint = painter(terminal, terminal.stderr);
  const error = { code, message, ...(problems && { problems }) };
  terminal.stderr.write(isJson ? `${JSON.stringify({ error })}\n` : `${paint('red', message)}\n`);
}
