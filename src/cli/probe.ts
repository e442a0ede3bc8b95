import { appendFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Found, Probe, questions } from '../probe/probe.js';
import { type Report, type ReportedAnswer, reportOf } from '../probe/report.js';
import type { Source } from '../probe/sources.js';
import { chartMogulConfig, wholeNumber } from '../runtime/config.js';
import { exitCodes, failureOf } from '../runtime/exit-codes.js';
import { FileUnwritableError } from '../runtime/file-unwritable.js';
import { count } from './amounts.js';
import { print, wantsJson } from './command.js';
import { UsageError } from './errors.js';
import type { Interruption } from './import/interruption.js';
import { printable, redactEmails } from './redact.js';
import { Progress, painter, type Terminal, table, wrapped } from './terminal.js';

export interface ProbeOptions {
  readonly iKnow?: boolean;
  readonly out?: string;
  readonly cleanUp?: boolean;
  readonly rate?: string;
}

interface Call {
  readonly command: Command;
  readonly terminal: Terminal;
  readonly options: ProbeOptions;
  readonly stop: Interruption;
}

const explanation = `customer-journey probe writes to the ChartMogul account of CHARTMOGUL_API_KEY:

  - It creates two data sources named "customer-journey probe ..." and three customers in them, without e-mail
    addresses and companies. It merges them with each other three times, and unmerges one once.
  - It deletes the customers and the data sources at the end, also after Ctrl-C and after an error. If the process is
    killed, \`customer-journey probe --i-know --clean-up\` deletes them.
  - It reads and changes no other customer. While it runs, the three customers are in your lead charts of 2021.
  - It asks ${questions.length} questions with about 80 requests, 2 per second, and one request every 15 seconds while it waits for
    a merge. Merges took ChartMogul 8 and 13 minutes before, so expect about an hour. It waits up to 30 minutes for each.

Nothing was done. If this is fine, add --i-know. Prefer a test account if you have one.`;

/** @returns the exit code. @throws UsageError, ConfigError, ProbeError, FileUnwritableError */
export async function probe(call: Call): Promise<number> {
  const { command, terminal, options, stop } = call;
  const requestsPerSecond = rateOf(options);
  if (options.iKnow !== true) return explain(call);
  const chartMogul = chartMogulConfig(terminal.env);
  if (options.out !== undefined) checkWritable(options.out);
  const progress = new ProbeProgress(terminal);
  const running = new Probe({
    chartMogul,
    requestsPerSecond,
    signal: stop.signal,
    onStage: (text) =>
      progress.stage(stop.exitCode === undefined ? text : `Stopped. ${text}; a second Ctrl-C skips it`),
    onWait: (what, ms) => progress.wait(what, ms),
  });
  const removed = await removeLeftovers(running, call);
  if (options.cleanUp) {
    print(command, terminal, { removed }, [removedLine(removed)]);
    return exitCodes.ok;
  }

  const found = await running.run().finally(() => progress.end());
  const report = printable(redactEmails(reportOf(found, chartMogul.url)));
  const endings = endingsOf(found, stop.exitCode !== undefined);
  const hasAnswers = report.answers.length > 0;
  const unwritable = options.out !== undefined && hasAnswers ? write(options.out, report) : undefined;
  if (hasAnswers || wantsJson(command)) {
    const out = unwritable === undefined ? options.out : undefined; // an hour of waiting is not lost with the file
    print(command, terminal, { ...report, ...endings }, lines(report, terminal, out));
  }
  if (!wantsJson(command)) for (const text of Object.values(endings)) complain(terminal, text);
  if (unwritable !== undefined) throw unwritable;
  return exitCodeOf(found, stop);
}

/** @returns why the file could not be written */
function write(path: string, report: Report): FileUnwritableError | undefined {
  try {
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
    return undefined;
  } catch (error) {
    return new FileUnwritableError(path, error, 'Standard output has the answers.');
  }
}

function explain({ command, terminal }: Call): number {
  if (wantsJson(command)) throw new UsageError('The probe writes to the account; nothing was done. Add --i-know.');
  terminal.stdout.write(`${explanation}\n`);
  return exitCodes.usage;
}

function rateOf({ rate }: ProbeOptions): number {
  const parsed = wholeNumber(2, 1, 20).safeParse(rate);
  if (parsed.success) return parsed.data;
  throw new UsageError('--rate must be a whole number from 1 to 20.');
}

/** Before an hour of waiting. @throws UsageError */
function checkWritable(path: string): void {
  try {
    appendFileSync(path, '');
  } catch (error) {
    throw new UsageError(`--out: ${error instanceof Error ? error.message : error}`);
  }
}

/** Removes what killed runs left, after a prompt or with `--clean-up`. @returns the names of the sources */
async function removeLeftovers(running: Probe, { terminal, options }: Call): Promise<string[]> {
  const leftovers = await running.leftovers();
  const names = [...leftovers.values()].flat().map(({ name }: Source) => name);
  if (names.length === 0) return [];
  if (options.cleanUp !== true) {
    const what = `An earlier probe left ${count(names.length, 'data source')}, or another one runs now: ${names.join(', ')}.`;
    const isAgreed = await terminal.confirm?.(`${what}\nDelete what it left? Not while another one runs.`);
    if (isAgreed !== true) {
      throw new UsageError(
        `${what} Nothing was done. If no other probe runs, run \`customer-journey probe --i-know --clean-up\` first.`,
      );
    }
  }
  await running.remove(leftovers);
  return names;
}

function removedLine(names: readonly string[]): string {
  return names.length === 0 ? 'Nothing is left of earlier probes.' : `Removed: ${names.join(', ')}.`;
}

/** The stages on lines of their own, and below each how long it waits. */
class ProbeProgress {
  private waiting: Progress | undefined;
  private what = '';

  constructor(private readonly terminal: Terminal) {}

  stage(text: string): void {
    this.end();
    this.terminal.stderr.write(`${text}\n`);
  }

  wait(what: string, ms: number): void {
    if (this.what !== what) this.end();
    this.what = what;
    this.waiting ??= new Progress(this.terminal.stderr);
    this.waiting.update(`  waits for ${what}: ${elapsed(ms)} of at most 30 min (8 and 13 min were seen before)`);
  }

  end(): void {
    this.waiting?.end();
    this.waiting = undefined;
  }
}

function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function lines(report: Report, terminal: Terminal, out: string | undefined): string[] {
  const { columns: width } = terminal.stdout;
  const paint = painter(terminal, terminal.stdout);
  const rows = report.answers.map(rowOf);
  return [
    ...(rows.length > 0 ? table(['QUESTION', 'KNOB', 'SEEN', 'SANDBOX', 'DIFFERS'], rows, { width, paint }) : []),
    '',
    differencesLine(report),
    ...timesLines(report),
    ...Object.entries(report.notAskable).map(([knob, why]) => `Not asked: ${knob} ${why}.`),
    ...(report.unanswered.length === 0 ? [] : [`Not answered: ${report.unanswered.join('; ')}.`]),
    '',
    'A sandbox that does the same:',
    `  ${report.sandboxCommand}`,
    '',
    paint(
      'bold',
      out === undefined ? 'To send to us in an issue (facts only):' : `Send us ${out} in an issue (facts only).`,
    ),
    ...(out === undefined ? [JSON.stringify(report)] : []),
  ];
}

function rowOf({ question, knob = '-', seen, detail, sandbox, differs }: ReportedAnswer): string[] {
  const shown = detail?.startsWith(String(seen)) ? detail : `${seen}${detail === undefined ? '' : ` (${detail})`}`;
  return [question, knob, shown, String(sandbox), differs ? 'yes' : '-'];
}

function differencesLine({ answers }: Report): string {
  const many = answers.filter(({ differs }) => differs).length;
  return `${count(answers.length, 'answer')}, of which ${many === 0 ? 'none differs' : `${many} differ`} from the sandbox's default.`;
}

function timesLines({ mergeSeconds, unmergeSeconds }: Report): string[] {
  const times = (spans: Report['mergeSeconds']) => spans.map(([from, to]) => `${from} to ${to} s`).join(', ');
  return [
    ...(mergeSeconds.length > 0 ? [`Merges took ${times(mergeSeconds)}.`] : []),
    ...(unmergeSeconds.length > 0 ? [`The unmerge took ${times(unmergeSeconds)}.`] : []),
  ];
}

/** What a person must know beside the answers. */
function endingsOf({ stoppedBy, leftBehind }: Found, isInterrupted: boolean) {
  return {
    ...(stoppedBy !== undefined && {
      stoppedBy: isInterrupted ? 'Stopped.' : `The probe ended early: ${failureOf(stoppedBy).message}`,
    }),
    ...(leftBehind !== undefined && {
      leftBehind: `${failureOf(leftBehind).message} To remove the rest, run \`customer-journey probe --i-know --clean-up\`.`,
    }),
  };
}

function complain(terminal: Terminal, text: string): void {
  const paint = painter(terminal, terminal.stderr);
  terminal.stderr.write(
    `${wrapped(text, terminal.stdout.columns ?? 120)
      .map((line) => paint('red', line))
      .join('\n')}\n`,
  );
}

function exitCodeOf({ stoppedBy, leftBehind }: Found, stop: Interruption): number {
  if (leftBehind !== undefined) return exitCodes.failed;
  if (stop.exitCode !== undefined) return stop.exitCode;
  return stoppedBy === undefined ? exitCodes.ok : failureOf(stoppedBy).exitCode;
}
