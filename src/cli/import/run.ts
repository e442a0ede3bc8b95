import type { Command } from 'commander';
import type { Checked } from '../../import/check.js';
import { type Counts, noCounts } from '../../import/counts.js';
import { estimate } from '../../import/estimate.js';
import { isPipe, type LeadFile } from '../../import/lead-file.js';
import { Payments, paymentsPreset, readJoinKey } from '../../import/payments.js';
import { runImport } from '../../import/run.js';
import { countWorkers } from '../../journeys/workers.js';
import { importConfig, starterConfig } from '../../runtime/config.js';
import { exitCodes } from '../../runtime/exit-codes.js';
import { backfillPriority } from '../../workflows/policy.js';
import { count } from '../amounts.js';
import { print, wantsJson, withJourneys } from '../command.js';
import { EndWith, UsageError } from '../errors.js';
import { Progress, painter, type Terminal } from '../terminal.js';
import type { Interruption } from './interruption.js';
import { Pace } from './progress.js';
import { checkLines, isRefused, openFile, readingRules, refuseBad } from './reading.js';
import type { ReadingOptions } from './reading-options.js';
import { endDocument, endLines, paymentLines, previewDocument, previewLines } from './texts.js';

export interface ImportOptions extends ReadingOptions {
  readonly join?: string;
  readonly joinBy?: string;
  readonly window?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** One call of the command. */
export interface Call {
  readonly command: Command;
  readonly terminal: Terminal;
  readonly path: string;
  readonly options: ImportOptions;
  readonly stop: Interruption;
}

export async function importFile(call: Call): Promise<void> {
  const { command, terminal, path, options, stop } = call;
  const window = options.window === undefined ? undefined : windowOf(options.window);
  const { requestsPerSecond, cachedWorkflows } = importConfig(terminal.env);
  starterConfig(terminal.env); // all wrong settings are reported before the file
  await isPipe(path); // a wrong path is the first problem to report
  const isAsked = mustAsk(call);
  const rules = readingRules(options, terminal);
  const { timeZone } = rules;
  const payments = await paymentsOf(call);
  const reading = { terminal, signal: stop.signal };
  const file = await openFile(path, { ...rules, ...(payments !== undefined && { payments }) }, reading);
  try {
    await payments?.match(file, stop.signal);
    const checked = await checkLines(file, reading);
    const cost = estimate(checked, requestsPerSecond);
    const joined = payments?.counts();
    const preview = { ...previewDocument(checked, cost, timeZone), ...(joined && { payments: joined }) };
    const isShown = !wantsJson(command) || options.dryRun === true || isRefused(checked, options);
    const paint = painter(terminal, terminal.stdout);
    const ofPayments = payments && joined ? paymentLines(options.join ?? '', joined) : [];
    const lines = [...previewLines(path, checked, cost, { paint, timeZone }), ...ofPayments];
    if (isShown) print(command, terminal, { preview }, lines);
    if (joined && joined.bad.length > 0 && !options.skipBad) {
      const fix = 'Fix them, or pass --skip-bad to skip them.';
      throw new UsageError(`Nothing was started: ${options.join} has lines that cannot be read. ${fix}`);
    }
    refuseBad(checked, options);
    if (options.dryRun) return;
    if (isAsked && !(await terminal.confirm?.(`Start ${count(checked.leads, 'journey')}?`))) {
      print(command, terminal, { preview }, ['Nothing was started.']);
      return;
    }
    await run(call, { file, checked, window, cachedWorkflows, requestsPerSecond, preview });
  } finally {
    await file.close();
  }
}

/** @throws UsageError if a prompt is needed and not possible */
function mustAsk({ command, terminal, options }: Call): boolean {
  if (options.yes || options.dryRun) return false;
  if (!wantsJson(command) && terminal.confirm !== undefined) return true;
  throw new UsageError('Cannot prompt: pass --yes to import, or --dry-run to preview.');
}

/** The payments of `--join`, read whole. */
async function paymentsOf(call: Call): Promise<Payments | undefined> {
  const { terminal, options, stop } = call;
  if (options.join === undefined) {
    if (options.joinBy !== undefined) throw new UsageError('--join-by needs --join.');
    return undefined;
  }
  const by = readJoinKey(options.joinBy ?? 'customer');
  const rules = {
    ...{ map: new Map(), ignoreUnknown: true, preset: paymentsPreset(), now: Date.now() },
    allowEmailLeadIds: true, // the customer is in the place of the lead
  };
  const file = await openFile(options.join, rules, { terminal, signal: stop.signal });
  try {
    return await Payments.read(file, by, stop.signal);
  } finally {
    await file.close();
  }
}

interface Work {
  readonly file: LeadFile;
  readonly checked: Checked;
  /** Default: the caches of all workers together. */
  readonly window: number | undefined;
  /** The cache of one worker. */
  readonly cachedWorkflows: number;
  readonly requestsPerSecond: number;
  readonly preview: unknown;
}

async function run({ command, terminal, path, stop }: Call, work: Work): Promise<void> {
  const { file, checked, preview, requestsPerSecond } = work;
  const progress = new Progress(terminal.stderr);
  const pace = new Pace(checked.good, terminal.stderr);
  const { signal } = stop;
  let latest: Readonly<Counts> = noCounts();
  const onProgress = (counts: Readonly<Counts>) => {
    latest = counts;
  };
  // On a timer, so that the line updates even while all journeys wait for their payers.
  const clock = setInterval(() => progress.update(pace.line(latest)), 200);
  const counts = await withJourneys(
    terminal,
    async (journeys) => {
      const workers = await countWorkers(journeys);
      const window = work.window ?? workers * work.cachedWorkflows;
      return runImport(file, checked, { journeys, window, requestsPerSecond, signal, onProgress });
    },
    { priority: backfillPriority },
  ).finally(() => {
    clearInterval(clock);
    progress.end();
  });
  const isWhole = stop.exitCode === undefined;
  const texts = endLines(path, checked, counts, { isWhole, paint: painter(terminal, terminal.stdout) });
  print(command, terminal, { preview, result: endDocument(counts, isWhole) }, texts);
  if (stop.exitCode !== undefined) throw new EndWith(stop.exitCode);
  if (counts.rest.attention + counts.rest.ended + counts.unknown > 0) throw new EndWith(exitCodes.failed);
}

function windowOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError('--window must be a whole number from 1 to 99,999.');
  return Number(text);
}
