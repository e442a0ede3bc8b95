import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { importConfig, starterConfig } from '../../runtime/config.js';
import { type Checked, checkFile } from '../../import/check.js';
import { readMap } from '../../import/columns.js';
import { estimate } from '../../import/estimate.js';
import { FileRefusedError } from '../../import/file-refused.js';
import { LeadFile, type ReadingRules } from '../../import/lead-file.js';
import { runImport } from '../../import/run.js';
import { type Counts, noCounts } from '../../import/tally.js';
import { TimeZone } from '../../import/time-zone.js';
import { needWorker } from '../../import/workers.js';
import { exitCodes } from '../../runtime/exit-codes.js';
import { backfillPriority } from '../../workflows/policy.js';
import { type AddCommands, say, wantsJson, withJourneys } from '../command.js';
import { EndWith, UsageError } from '../errors.js';
import { Pace } from './progress.js';
import { count, endDocument, endLines, previewDocument, previewLines } from './texts.js';
import { Progress, painter, type Terminal } from '../terminal.js';

interface ImportOptions {
  readonly map: readonly string[];
  readonly ignoreUnknown?: boolean;
  readonly timeZone?: string;
  readonly delimiter: string;
  readonly window: string;
  readonly skipBad?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

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
      const stop = new Interruption();
      try {
        await importFile({ command, terminal, path, options, stop });
      } catch (error) {
        if (error instanceof FileRefusedError) throw new UsageError(error.message, { cause: error });
        if (stop.exitCode === undefined || error instanceof EndWith) throw error;
        terminal.stderr.write('Stopped before anything was started.\n');
        throw new EndWith(stop.exitCode);
      } finally {
        stop.end();
      }
    });
  program.addCommand(command);
};

/** One call of the command. */
interface Call {
  readonly command: Command;
  readonly terminal: Terminal;
  readonly path: string;
  readonly options: ImportOptions;
  readonly stop: Interruption;
}

async function importFile(call: Call): Promise<void> {
  const { command, terminal, path, options, stop } = call;
  const window = windowOf(options.window);
  const delimiter = delimiterOf(options.delimiter);
  const { requestsPerSecond } = importConfig(terminal.env);
  const isAsked = mustAsk(call);
  const file = await open(call, {
    delimiter,
    map: readMap(options.map),
    ignoreUnknown: options.ignoreUnknown === true,
    allowEmailLeadIds: starterConfig(terminal.env).allowEmailLeadIds,
    now: Date.now(),
    ...(options.timeZone !== undefined && { timeZone: new TimeZone(options.timeZone) }),
  });
  try {
    const checked = await check(file, delimiter, terminal, stop.signal);
    const cost = estimate(checked, requestsPerSecond);
    const preview = previewDocument(checked, cost);
    const isShown = !wantsJson(command) || options.dryRun === true || isRefused(checked, options);
    if (isShown)
      say(command, terminal, { preview }, previewLines(path, checked, cost, painter(terminal, terminal.stdout)));
    refuse(checked, options);
    if (options.dryRun) return;
    if (isAsked && !(await terminal.confirm?.(`Start ${count(checked.leads, 'journey')}?`))) {
      say(command, terminal, { preview }, ['Nothing was started.']);
      return;
    }
    await run(call, { file, checked, window, requestsPerSecond, preview });
  } finally {
    await file.close();
  }
}

/** @throws UsageError if somebody must be asked and nobody is there */
function mustAsk({ command, terminal, options }: Call): boolean {
  if (options.yes || options.dryRun) return false;
  if (!wantsJson(command) && terminal.confirm !== undefined) return true;
  throw new UsageError('Nobody is there to be asked: add --yes to import, or --dry-run to see what would be done.');
}

async function open({ path, terminal, stop: { signal } }: Call, rules: ReadingRules): Promise<LeadFile> {
  const progress = new Progress(terminal.stderr);
  try {
    const onProgress = (bytes: number) => progress.update(`read ${Math.floor(bytes / 1e6)} MB`);
    return await LeadFile.open(path, rules, { signal, onProgress });
  } finally {
    progress.end();
  }
}

async function check(file: LeadFile, delimiter: string, terminal: Terminal, signal: AbortSignal): Promise<Checked> {
  // What is read lives for a moment; V8 would let it fill 50 MB more before it looks what of it is left.
  setFlagsFromString('--semi-space-growth-factor=1');
  const progress = new Progress(terminal.stderr);
  try {
    const onProgress = (lines: number) => progress.update(`checked ${count(lines, 'line')}`);
    return await checkFile(file, { delimiter, signal, onProgress });
  } finally {
    progress.end();
  }
}

function isRefused({ bad, leads }: Checked, { skipBad = false }: ImportOptions): boolean {
  return (bad > 0 && !skipBad) || leads === 0;
}

/** @throws UsageError */
function refuse(checked: Checked, options: ImportOptions): void {
  if (!isRefused(checked, options)) return;
  if (checked.bad === 0) throw new UsageError('Nothing was started: there is no lead in the file.');
  const mend = `mend them, or add --skip-bad to go on without them. Their copy is ${checked.rejectsPath}.`;
  throw new UsageError(`Nothing was started: ${count(checked.bad, 'line')} cannot be imported; ${mend}`);
}

interface Work {
  readonly file: LeadFile;
  readonly checked: Checked;
  readonly window: number;
  readonly requestsPerSecond: number;
  readonly preview: unknown;
}

async function run({ command, terminal, path, stop }: Call, { file, checked, preview, ...work }: Work): Promise<void> {
  const progress = new Progress(terminal.stderr);
  const pace = new Pace(checked.good, terminal.stderr);
  const { signal } = stop;
  let latest: Readonly<Counts> = noCounts();
  const onProgress = (counts: Readonly<Counts>) => {
    latest = counts;
  };
  // By the clock, so that one sees that it lives while all journeys wait for their payers.
  const clock = setInterval(() => progress.update(pace.line(latest)), 200);
  const counts = await withJourneys(
    terminal,
    async (journeys) => {
      await needWorker(journeys);
      return runImport(file, checked, { journeys, ...work, signal, onProgress });
    },
    { priority: backfillPriority },
  ).finally(() => {
    clearInterval(clock);
    progress.end();
  });
  const isWhole = stop.exitCode === undefined;
  const texts = endLines(path, checked, counts, { isWhole, paint: painter(terminal, terminal.stdout) });
  say(command, terminal, { preview, result: endDocument(counts, isWhole) }, texts);
  if (stop.exitCode !== undefined) throw new EndWith(stop.exitCode);
  if (counts.rest.attention + counts.rest.ended > 0) throw new EndWith(exitCodes.failed);
}

/** Ctrl-C, or a polite SIGTERM: the first stops cleanly, a second ends the process as usual. */
class Interruption {
  exitCode: number | undefined;
  private readonly controller = new AbortController();
  private readonly onInterrupt = () => this.stop(exitCodes.interrupted);
  private readonly onTerminate = () => this.stop(143);

  constructor() {
    process.once('SIGINT', this.onInterrupt);
    process.once('SIGTERM', this.onTerminate);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    process.removeListener('SIGINT', this.onInterrupt);
    process.removeListener('SIGTERM', this.onTerminate);
  }

  private stop(exitCode: number): void {
    this.exitCode = exitCode;
    this.controller.abort();
    this.end();
  }
}

function windowOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError('--window must be a whole number from 1 to 99,999.');
  return Number(text);
}

function delimiterOf(text: string): string {
  const delimiter = text === 'tab' ? '\t' : text;
  if (!/^[^"\r\n]$/.test(delimiter)) throw new UsageError('--delimiter must be one character, or "tab".');
  return delimiter;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
