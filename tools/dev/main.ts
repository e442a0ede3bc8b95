import { Command, InvalidArgumentError } from 'commander';
import { apiKey, DataFileError } from '../../packages/chartmogul-sandbox/src/index.js';
import { painter, processTerminal, type Terminal } from '../../src/cli/terminal.js';
import type { JourneyReference } from '../../src/journeys/index.js';
import { visibilityQuery } from '../../src/journeys/search.js';
import { exitCodes, failureOf } from '../../src/runtime/exit-codes.js';
import { journeyUrl, listUrl } from '../../src/temporal/web-ui.js';
import { defaultAccount } from '../../src/workflows/messages.js';
import { ServerBinaryError } from '../temporal-server/binary.js';
import { DatabaseInUseError } from '../temporal-server/database.js';
import { ServerStartError } from '../temporal-server/server.js';
import { adam } from './adam.js';
import { Page } from './page.js';
import { adamsRecords } from './records.js';
import { openStack, type Stack } from './stack.js';
import { type Outcome, runStory } from './story.js';
import type { Temporal } from './temporal.js';
import { PartEndedError } from './temporal.js';

interface Options {
  readonly exit: boolean;
  readonly data: string;
  readonly port: number;
  readonly uiPort: number;
  readonly sandboxPort: number;
  readonly gatewayPort: number;
}

/** Anything that still runs this long after a signal or an error is abandoned; the server exits with this process. */
const stopWithinMs = 5_000;

const program = new Command('npm start --')
  .description(
    'Starts a Temporal server with its Web UI, a ChartMogul sandbox, a worker and the gateway on this machine, and ' +
      'runs one journey from lead to paying customer. Runs until Ctrl-C.',
  )
  .option('--exit', 'exit when the journey ends: 0 if it is proven in ChartMogul, else 1', false)
  .option('--data <folder>', 'folder that keeps journeys and records across restarts', '.data')
  .option('--port <number>', 'port of the Temporal server; 0: any free port', readPort, 7233)
  .option('--ui-port <number>', 'port of its Web UI', readPort, 8233)
  .option('--sandbox-port <number>', 'port of the ChartMogul sandbox', readPort, 4010)
  .option('--gateway-port <number>', 'port of the gateway', readPort, 8080)
  .addHelpText(
    'after',
    '\nIf a port is in use, another one is chosen. If TEMPORAL_ADDRESS is set, no Temporal server is started.',
  )
  .action(async (options: Options) => {
    process.exitCode = await run(options, processTerminal());
  });

await program.parseAsync();

async function run(options: Options, terminal: Terminal): Promise<number> {
  const stopping = stopOnSignals();
  const page = new Page(terminal.stdout, painter(terminal, terminal.stdout));
  const over = new AbortController();
  let stack: Stack | undefined;
  try {
    stack = await open(options, terminal, page, stopping);
    introduce(stack, options, page);
    const story = runStory(stack, page, AbortSignal.any([stopping, over.signal]));
    const outcome = await Promise.race([story, stack.broken, whenAborted(stopping)]);
    conclude(outcome, page);
    if (!options.exit) await stayUp(stack, outcome.journey, terminal, page, stopping);
    await stack.close();
    return outcome.isProven ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    over.abort();
    endWithin(stopWithinMs);
    if (!stopping.aborted) terminal.stderr.write(`${explain(error)}\n`);
    await stack?.close().catch(() => undefined); // closing may fail too; the cause is already reported
    return exitCodes.failed;
  }
}

async function open(options: Options, { env }: Terminal, page: Page, signal: AbortSignal): Promise<Stack> {
  const { data, port, uiPort, sandboxPort, gatewayPort } = options;
  page.line('Starting Temporal, a ChartMogul sandbox, a worker and the gateway …');
  return openStack({
    env,
    data,
    ports: { temporal: port, ui: uiPort, sandbox: sandboxPort, gateway: gatewayPort },
    onRequest: (exchange, chartMogul) => page.shows(exchange, adamsRecords(chartMogul)),
    signal,
  });
}

function introduce({ temporal, sandbox, gateway }: Stack, options: Options, page: Page): void {
  const { address, uiUrl, isEmbedded } = temporal;
  page.line();
  page.facts([
    ['Temporal', isEmbedded ? `${address}${insteadOf(address, options.port)}` : `${address}, from TEMPORAL_ADDRESS`],
    ...(uiUrl === undefined
      ? []
      : [['Web UI', `${uiUrl}${isEmbedded ? insteadOf(uiUrl, options.uiPort) : ''}`] as const]),
    ['ChartMogul', `${sandbox.url}, a sandbox${insteadOf(sandbox.url, options.sandboxPort)}`],
    ['gateway', `${gateway.url}, reachable from this machine only${insteadOf(gateway.url, options.gatewayPort)}`],
    ['data', `${options.data}/, kept for the next start; also has the logs of the worker and the gateway`],
  ]);
  page.heading("A lead's journey, with the dates of ChartMogul's tutorial");
}

function insteadOf(url: string, wanted: number): string {
  return wanted === 0 || url.endsWith(`:${wanted}`) ? '' : ` (${wanted} is in use)`;
}

function conclude(outcome: Outcome, page: Page): void {
  const { attention, doing } = outcome.view ?? {};
  page.heading(
    outcome.isProven
      ? `Proven in ChartMogul: one record, both ids, the true dates.${outcome.hasWritten ? '' : ' Nothing had to be written.'}`
      : `Not proven: ${attention ? `${attention.code}. ${attention.text}` : doing}`,
  );
  page.compares(outcome.after);
}

/** The environment variables that a command needs to find these journeys. */
function settingsFor({ isEmbedded, address, account }: Temporal): string {
  return [
    ...(isEmbedded && !address.endsWith(':7233') ? [`TEMPORAL_ADDRESS=${address} `] : []),
    ...(account === defaultAccount ? [] : [`JOURNEY_ACCOUNT=${account} `]),
  ].join('');
}

function settingsOfSandbox({ url }: Stack['sandbox']): string {
  return `CHARTMOGUL_URL=${url} CHARTMOGUL_API_KEY=${apiKey} `;
}

/** Prints where to look next, and waits. */
async function stayUp(stack: Stack, journey: JourneyReference, terminal: Terminal, page: Page, stopping: AbortSignal) {
  const { temporal, sandbox, gateway, broken } = stack;
  const ui = temporal.uiUrl === undefined ? {} : { TEMPORAL_UI_URL: temporal.uiUrl };
  const env = { ...terminal.env, TEMPORAL_ADDRESS: temporal.address, ...ui };
  const url = journeyUrl(env, journey);
  const all = listUrl(env, visibilityQuery(temporal.account, { includeClosed: true }));
  page.line();
  page.facts([
    ...(url === undefined ? [] : [['the journey', url] as const]),
    ...(all === undefined ? [] : [['all journeys', all] as const]),
    ['the records', sandbox.url],
    ['on the command line', `${settingsFor(temporal)}npm run starter -- show ${adam.leadId}`],
    [
      'is all well?',
      `${settingsFor(temporal)}${settingsOfSandbox(sandbox)}npm run starter -- doctor --gateway ${gateway.operationsUrl}`,
    ],
    ['over HTTP', `curl ${gateway.url}/v1/leads/${adam.leadId}`],
  ]);
  page.line();
  page.line('Everything stays up until Ctrl-C.');
  await Promise.race([broken, whenAborted(stopping)]).catch((error) => {
    if (!stopping.aborted) throw error;
  });
}

/** The first signal starts a graceful shutdown. Later ones are ignored: npm repeats the terminal's signal. */
function stopOnSignals(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      endWithin(stopWithinMs);
    });
  }
  return stopping.signal;
}

/** Without its server, an SDK worker may never shut down. */
function endWithin(ms: number): void {
  setTimeout(() => process.exit(exitCodes.failed), ms).unref();
}

async function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** One line for an error that the user can fix, all details for an unexpected one. */
function explain(error: unknown): string {
  if (error instanceof DatabaseInUseError) {
    return `${error.message}\nIs \`npm start\` running elsewhere? For a second one: npm start -- --data another-folder`;
  }
  const isPlain = [ServerBinaryError, ServerStartError, DataFileError, PartEndedError].some(
    (type) => error instanceof type,
  );
  return isPlain && error instanceof Error ? error.message : failureOf(error).message;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Must be a number from 0 to 65535.');
  return port;
}
