import { Command, InvalidArgumentError } from 'commander';
import { DataFileError } from '../../packages/chartmogul-sandbox/src/index.js';
import { painter, processTerminal, type Terminal } from '../../src/cli/terminal.js';
import type { JourneyReference } from '../../src/journeys/index.js';
import { exitCodes, failureOf } from '../../src/runtime/exit-codes.js';
import { journeyUrl } from '../../src/temporal/web-ui.js';
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

/** What still runs that long after a signal or a fault is left behind; the server ends with this process. */
const stopWithinMs = 5_000;

const program = new Command('npm start --')
  .description(
    'Everything on this machine, and one journey through it: a Temporal server with its Web UI, a ChartMogul sandbox, a ' +
      'worker, the gateway; then a lead becomes a paying customer. Stays up until Ctrl-C.',
  )
  .option('--exit', 'end when the journey is over: with 0 if it is proven in ChartMogul, else with 1', false)
  .option('--data <folder>', 'where journeys and records are kept, across restarts', '.data')
  .option('--port <number>', 'of the Temporal server; 0: any that is free', readPort, 7233)
  .option('--ui-port <number>', 'of its Web UI', readPort, 8233)
  .option('--sandbox-port <number>', 'of the ChartMogul sandbox', readPort, 4010)
  .option('--gateway-port <number>', 'of the gateway that takes the facts', readPort, 8080)
  .addHelpText(
    'after',
    '\nA port that is taken is replaced by another one. With TEMPORAL_ADDRESS set, that Temporal is used and none started.',
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
    await stack?.close().catch(() => undefined); // what broke may not end well either; the cause is told
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
    ['gateway', `${gateway.url}, for this machine alone${insteadOf(gateway.url, options.gatewayPort)}`],
    ['data', `${options.data}/, kept for the next start; the logs of worker and gateway are there too`],
  ]);
  page.heading("A lead's journey, with the dates of ChartMogul's tutorial");
}

function insteadOf(url: string, wanted: number): string {
  return wanted === 0 || url.endsWith(`:${wanted}`) ? '' : ` (${wanted} is taken)`;
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

/** What has to stand before a command, so that it finds these journeys. */
function settingsFor({ isEmbedded, address, account }: Temporal): string {
  return [
    ...(isEmbedded && !address.endsWith(':7233') ? [`TEMPORAL_ADDRESS=${address} `] : []),
    ...(account === defaultAccount ? [] : [`JOURNEY_ACCOUNT=${account} `]),
  ].join('');
}

/** Says where to look around, and waits. */
async function stayUp(stack: Stack, journey: JourneyReference, terminal: Terminal, page: Page, stopping: AbortSignal) {
  const { temporal, sandbox, gateway, broken } = stack;
  const ui = temporal.uiUrl === undefined ? {} : { TEMPORAL_UI_URL: temporal.uiUrl };
  const url = journeyUrl({ ...terminal.env, TEMPORAL_ADDRESS: temporal.address, ...ui }, journey);
  page.line();
  page.facts([
    ...(url === undefined ? [] : [['the journey', url] as const]),
    ['the records', sandbox.url],
    ['in words', `${settingsFor(temporal)}npm run starter -- show ${adam.leadId}`],
    ['over HTTP', `curl ${gateway.url}/v1/leads/${adam.leadId}`],
  ]);
  page.line();
  page.line('All of it stays up until Ctrl-C.');
  await Promise.race([broken, whenAborted(stopping)]).catch((error) => {
    if (!stopping.aborted) throw error;
  });
}

/** The first signal asks for an orderly end. More of them change nothing: npm passes on what a terminal sent already. */
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

/** Without its server a worker of the SDK may never end. */
function endWithin(ms: number): void {
  setTimeout(() => process.exit(exitCodes.failed), ms).unref();
}

async function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** One clear line for what a person can mend, everything for a bug. */
function explain(error: unknown): string {
  if (error instanceof DatabaseInUseError) {
    return `${error.message}\nIs \`npm start\` running in another terminal? For a second one: npm start -- --data another-folder`;
  }
  const isPlain = [ServerBinaryError, ServerStartError, DataFileError, PartEndedError].some(
    (type) => error instanceof type,
  );
  return isPlain && error instanceof Error ? error.message : failureOf(error).message;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
