import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { UpdateUnansweredError } from '../journeys/errors.js';
import { exitCodes, type Failure, failureOf } from '../runtime/exit-codes.js';
import { version } from '../runtime/program.js';
import { addAuditCommand } from './audit/command.js';
import { addCustomerCommands, customerCommands } from './customer-commands.js';
import { addDoctorCommand } from './doctor-command.js';
import { EndWith } from './errors.js';
import { addGatewayCommands } from './gateway-commands.js';
import { addImportCommand } from './import/command.js';
import { addListCommand } from './list-command.js';
import { addOperatorCommands, dateNames } from './operator-commands.js';
import { addProbeCommand } from './probe-command.js';
import { addReportCommands } from './report-commands.js';
import { addRetryCommand } from './retry-command.js';
import { addShowCommand } from './show-command.js';
import { addStatusCommand } from './status-command.js';
import { addStripeCommands } from './stripe-commands.js';
import { painter, processTerminal, type Terminal } from './terminal.js';

const help = `
The connection to Temporal uses the standard variables: TEMPORAL_ADDRESS (default localhost:7233), TEMPORAL_NAMESPACE,
TEMPORAL_API_KEY, TEMPORAL_PROFILE. JOURNEY_ACCOUNT names the ChartMogul account (default: default).

Exit codes:
  0   success
  1   failure: no such journey, or an unexpected error
  2   invalid arguments, or the journey refused the request; nothing was started or changed (for an import, see its help)
  75  Temporal (or Stripe) cannot be reached, or no worker answers; the message says whether it is safe to retry
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
export async function runCommandLine(args: readonly string[], terminal: Terminal = terminalFor(args)): Promise<number> {
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

/** The terminal of this process, which says in one line that the output of a command cannot be written. */
function terminalFor(args: readonly string[]): Terminal {
  const terminal = processTerminal(({ message: reason }) => {
    const message = `The output cannot be written: ${reason}. What the command was to change may be changed already.`;
    complain({ exitCode: exitCodes.failed, code: 'failed', message }, args.includes('--json'), terminal);
  });
  return terminal;
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
  addStatusCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addRetryCommand(program, terminal);
  addOperatorCommands(program, terminal);
  addCustomerCommands(program, terminal);
  addImportCommand(program, terminal);
  addAuditCommand(program, terminal);
  addGatewayCommands(program, terminal);
  addStripeCommands(program, terminal);
  addProbeCommand(program, terminal);
  program.addCommand(workerCommand(terminal));
  const groups = program.commands.flatMap(({ commands }) => commands);
  for (const command of [program, ...program.commands, ...groups]) {
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

const workerHelp = `
Settings, from the environment:
  CHARTMOGUL_API_KEY              required: read and write
  CHARTMOGUL_URL                  default https://api.chartmogul.com
  CHARTMOGUL_REQUESTS_PER_SECOND  rate limit of the account, the same for all its workers (30)
  CHARTMOGUL_PARALLEL_REQUESTS    concurrent requests of this worker (6)
  CHARTMOGUL_TIMEOUT              timeout of one request ('30 seconds')
  LEADS_SOURCE, BILLING_SOURCE    data sources, by name or UUID (Leads, Stripe);
                                  several billing sources: Stripe,us=Stripe US
  JOURNEY_ACCOUNT                 name of the ChartMogul account (default)
  STRIPE_API_KEY                  for \`stripe sweep --every\`, whose help lists the other STRIPE_* settings
  LOG_LEVEL                       trace, debug, info, warn, error, fatal or silent (info)
  WORKER_VERSIONING               true or false; see --versioning (false)
  WORKER_DEPLOYMENT_NAME          see --deployment-name (customer-journey)
  WORKER_BUILD_ID                 see --build-id (${version})
  WORKER_CACHED_WORKFLOWS         workflows in memory, 0.2 MB each (100)
  WORKER_WORKFLOW_POLLERS         parallel polls for workflow tasks (10)
  WORKER_OPERATIONS_HOST          address of /healthz, /readyz and /metrics (127.0.0.1)
  WORKER_OPERATIONS_PORT          its port; 0 chooses a free one (9465)

Without a version, the worker runs at once. With one, it runs nothing until its version is current:
  customer-journey worker --build-id 2026-11-27
  temporal worker deployment set-current-version --deployment-name customer-journey --build-id 2026-11-27
docs/operations.md describes deployments, rollbacks, the limits of memory, probes and metrics.
`;

interface WorkerOptions {
  readonly versioning?: boolean;
  readonly deploymentName?: string;
  readonly buildId?: string;
}

/** Loads the worker on demand: the SDK's native core takes a second to load, and no other command needs it. */
function workerCommand({ env }: Terminal): Command {
  return new Command('worker')
    .description('run journeys and their requests to ChartMogul, until SIGTERM')
    .option('--versioning', 'run as a version of a Temporal Worker Deployment; implied by a name or a build id')
    .option('--no-versioning', 'run without a version')
    .option('--deployment-name <name>', 'the Worker Deployment (default: customer-journey)', notEmpty)
    .option('--build-id <id>', `this version of it (default: ${version})`, notEmpty)
    .addHelpText('after', workerHelp)
    .action(async ({ versioning, deploymentName, buildId }: WorkerOptions) => {
      const { runWorker } = await import('../worker.js');
      await runWorker({
        ...env,
        ...(versioning !== undefined && { WORKER_VERSIONING: String(versioning) }),
        ...(deploymentName !== undefined && { WORKER_DEPLOYMENT_NAME: deploymentName }),
        ...(buildId !== undefined && { WORKER_BUILD_ID: buildId }),
      });
    });
}

/** An empty environment variable is unset, but an empty argument is a mistake: `--build-id "$UNSET"`. */
function notEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
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
    const check = `heck with \`customer-journey ${look}\` before you repeat it.`;
    const advice = error.isAccepted ? `C${check}` : `Start one with \`customer-journey worker\`, and c${check}`;
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
