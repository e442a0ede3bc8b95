import type { Command } from 'commander';
import { type Checked, checkFile } from '../../import/check.js';
import { readMap } from '../../import/columns.js';
import { type Counts, noCounts } from '../../import/counts.js';
import { readDateFormat } from '../../import/date-format.js';
import { readEncoding } from '../../import/encoding.js';
import { estimate } from '../../import/estimate.js';
import { isPipe, LeadFile, type ReadingRules } from '../../import/lead-file.js';
import { Payments, paymentsPreset, readJoinKey } from '../../import/payments.js';
import { readPreset } from '../../import/presets.js';
import { runImport } from '../../import/run.js';
import { TimeZone } from '../../import/time-zone.js';
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
import { endDocument, endLines, paymentLines, previewDocument, previewLines } from './texts.js';

export interface ImportOptions {
  readonly map: readonly string[];
  readonly from?: string;
  readonly null: readonly string[];
  readonly join?: string;
  readonly joinBy?: string;
  readonly ignoreUnknown?: boolean;
  readonly timeZone?: string;
  readonly dateFormat?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly window?: string;
  readonly skipBad?: boolean;
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
  const { delimiter, encoding } = options;
  const { requestsPerSecond, cachedWorkflows } = importConfig(terminal.env);
  const { account, allowEmailLeadIds } = starterConfig(terminal.env);
  await isPipe(path); // a wrong path is the first problem to report
  const isAsked = mustAsk(call);
  const timeZone = options.timeZone === undefined ? undefined : new TimeZone(options.timeZone);
  const payments = await paymentsOf(call);
  const file = await open(call, path, {
    ...(delimiter !== undefined && { delimiter: delimiterOf(delimiter) }),
    ...(encoding !== undefined && { encoding: readEncoding(encoding) }),
    map: readMap(options.map),
    nulls: new Set(options.null),
    ignoreUnknown: options.ignoreUnknown === true,
    allowEmailLeadIds,
    account,
    now: Date.now(),
    ...(options.from !== undefined && { preset: readPreset(options.from) }),
    ...(timeZone !== undefined && { timeZone }),
    ...(payments !== undefined && { payments }),
    ...(options.dateFormat !== undefined && { dateFormat: readDateFormat(options.dateFormat) }),
  });
  try {
    await payments?.match(file, stop.signal);
    const checked = await check(file, terminal, stop.signal);
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
    refuse(checked, options);
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
  const { options, stop } = call;
  if (options.join === undefined) {
    if (options.joinBy !== undefined) throw new UsageError('--join-by needs --join.');
    return undefined;
  }
  const by = readJoinKey(options.joinBy ?? 'customer');
  const file = await open(call, options.join, {
    ...{ map: new Map(), ignoreUnknown: true, preset: paymentsPreset(), now: Date.now() },
    allowEmailLeadIds: true, // the customer is in the place of the lead
  });
  try {
    return await Payments.read(file, by, stop.signal);
  } finally {
    await file.close();
  }
}

async function open({ terminal, stop: { signal } }: Call, path: string, rules: ReadingRules): Promise<LeadFile> {
  const progress = new Progress(terminal.stderr);
  try {
    const onProgress = (bytes: number) => progress.update(`read ${Math.floor(bytes / 1e6)} MB`);
    return await LeadFile.open(path, rules, { signal, onProgress });
  } finally {
    progress.end();
  }
}

async function check(file: LeadFile, terminal: Terminal, signal: AbortSignal): Promise<Checked> {
  const progress = new Progress(terminal.stderr);
  try {
    const onProgress = (lines: number) => progress.update(`checked ${count(lines, 'line')}`);
    return await checkFile(file, { signal, onProgress });
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
  if (checked.bad === 0) throw new UsageError('Nothing was started: the file contains no leads.');
  const [them, theyWere] = checked.bad === 1 ? ['it', 'It was'] : ['them', 'They were'];
  const fix = `Fix ${them}, or pass --skip-bad to skip ${them}. ${theyWere} copied to ${checked.rejectsPath}.`;
  throw new UsageError(`Nothing was started: ${count(checked.bad, 'line')} cannot be imported. ${fix}`);
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

function delimiterOf(text: string): string {
  const delimiter = text === 'tab' ? '\t' : text;
  if (!/^[^"\r\n]$/.test(delimiter)) throw new UsageError('--delimiter must be one character, or "tab".');
  return delimiter;
}
