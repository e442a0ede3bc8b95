import type { Command } from 'commander';
import { chunksOf, type LeadChunks } from '../../import/lead-chunks.js';
import { isPipe } from '../../import/lead-file.js';
import { differencesOf, outcomesOf, withOutcomes } from '../../journeys/audit-history.js';
import { type AuditSummary, Audits } from '../../journeys/audits.js';
import { JourneyNotFoundError, type JourneyReference } from '../../journeys/index.js';
import { countWorkers } from '../../journeys/workers.js';
import { auditSchedule } from '../../journeys/workflow-schedule.js';
import { starterConfig } from '../../runtime/config.js';
import { exitCodes } from '../../runtime/exit-codes.js';
import { journeyUrl } from '../../temporal/web-ui.js';
import type { AuditReport } from '../../workflows/audit-messages.js';
import { print, wantsJson, withJourneys } from '../command.js';
import { EndWith, UsageError } from '../errors.js';
import type { Interruption } from '../import/interruption.js';
import { checkLines, openFile, readingRules, refuseBad } from '../import/reading.js';
import type { ReadingOptions } from '../import/reading-options.js';
import { reasonLines } from '../import/texts.js';
import { setSchedule } from '../schedule.js';
import { Progress, painter, type Terminal } from '../terminal.js';
import { DifferencesFile } from './differences-file.js';
import { documentOf, type FollowedReport, progressLine, reportLines } from './texts.js';

export interface AuditOptions extends ReadingOptions {
  readonly fix?: boolean;
  readonly out?: string;
  readonly every?: string;
  readonly last?: boolean;
}

/** One call of the command. */
interface Call {
  readonly command: Command;
  readonly terminal: Terminal;
  readonly path: string | undefined;
  readonly options: AuditOptions;
  readonly stop: Interruption;
}

export async function audit(call: Call): Promise<void> {
  const { command, terminal, path, options } = call;
  refuseCombinations(path, options);
  starterConfig(terminal.env); // wrong settings are reported before the file is read
  const { fix = false, every } = options;
  if (every !== undefined) {
    await setSchedule(command, terminal, every, {
      schedule: (client, account) => auditSchedule(client, account, { fix }),
      shortest: '1 hour',
      longest: '30 days',
      text: `The workers audit all leads${fix ? ' and fix what they can' : ''}`,
    });
    return;
  }
  const out = options.out === undefined ? undefined : await DifferencesFile.at(options.out);
  if (options.last) await showLast(call, out);
  else if (path === undefined) await auditNow(call, out);
  else await auditFile(call, path, out);
}

/** @throws UsageError */
function refuseCombinations(path: string | undefined, options: AuditOptions): void {
  const { fix, out, every, last, ...reading } = options;
  const isRead = path !== undefined || hasAny(reading);
  if (path === undefined && isRead) throw new UsageError('The options for reading a file need a FILE.');
  if (every !== undefined && (isRead || out !== undefined || last)) throw new UsageError('--every takes only --fix.');
  if (last && (isRead || fix)) throw new UsageError('--last starts no audit: it takes only --out.');
}

function hasAny(options: object): boolean {
  return Object.values(options).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined));
}

async function showLast(call: Call, out: DifferencesFile | undefined): Promise<void> {
  await withJourneys(call.terminal, async ({ client, account }) => {
    const audits = new Audits({ client, account });
    const { last, later } = await audits.last();
    if (last === undefined) {
      const found = later === undefined ? 'Temporal has none, or not any more' : unfinishedText(later);
      throw new JourneyNotFoundError(
        `No audit of account ${account} has finished: ${found}. Start one with customer-journey audit.`,
      );
    }
    await show(call, { audits, run: last, report: await audits.report(last), out, later });
  });
}

async function auditFile(call: Call, path: string, out: DifferencesFile | undefined): Promise<void> {
  const { command, terminal, options, stop } = call;
  await isPipe(path); // a wrong path is the first problem to report
  const reading = { terminal, signal: stop.signal };
  const file = await openFile(path, readingRules(options, terminal), reading);
  try {
    const checked = await checkLines(file, reading);
    const reasons = wantsJson(command) ? [] : reasonLines(checked.reasons);
    for (const reason of reasons) terminal.stderr.write(`${reason.trim()}\n`);
    refuseBad(checked, options, 'cannot be read');
    await auditNow(call, out, await chunksOf(file, checked, stop.signal));
  } finally {
    await file.close();
  }
}

async function auditNow(call: Call, out: DifferencesFile | undefined, leads?: LeadChunks): Promise<void> {
  const { terminal, stop, options } = call;
  await withJourneys(terminal, async (journeys) => {
    const { client, account } = journeys;
    await countWorkers(journeys);
    const audits = new Audits({ client, account });
    const { signal } = stop;
    signal.throwIfAborted();
    const started = await audits.start({ fix: options.fix === true, ...(leads && { leads }), signal });
    if (started.isAttached) {
      terminal.stderr.write('An audit of this account is running already: following it.\n');
    }
    const report = await follow(call, audits, started);
    await show(call, { audits, run: started, report, out });
  });
}

async function follow({ terminal, stop }: Call, audits: Audits, run: JourneyReference): Promise<AuditReport> {
  const { stderr } = terminal;
  const progress = new Progress(stderr);
  let said = '';
  const onSilence = (reason: string) => {
    if (said === reason) return;
    progress.end();
    stderr.write(`${reason}\n`);
    said = reason;
  };
  try {
    return await audits.follow(run, {
      signal: stop.signal,
      onProgress(view) {
        said = '';
        progress.update(progressLine(view));
      },
      onSilence,
    });
  } catch (error) {
    progress.end();
    const { exitCode } = stop;
    if (exitCode === undefined) throw error;
    stderr.write(
      'Stopped following: the audit continues on the workers. Run the same command again to follow it, or end it with:\n' +
        `  temporal workflow cancel --workflow-id ${run.workflowId}\n`,
    );
    throw new EndWith(exitCode);
  } finally {
    progress.end();
  }
}

interface Shown {
  readonly audits: Audits;
  readonly run: JourneyReference;
  readonly report: AuditReport;
  readonly out: DifferencesFile | undefined;
  /** A later audit that has not completed. */
  readonly later?: AuditSummary | undefined;
}

async function show({ command, terminal }: Call, { audits, run, report, out, later }: Shown): Promise<void> {
  await out?.write(differencesOf(audits.client, run));
  const paint = painter(terminal, terminal.stdout);
  const url = journeyUrl(terminal.env, run);
  const followed = await followedReport(audits, run, report);
  const document = { ...documentOf(run, followed), ...(url !== undefined && { url }), ...(later && { later }) };
  print(command, terminal, document, [
    ...reportLines(followed, { paint, width: terminal.stdout.columns, out: out?.path }),
    ...(later === undefined ? [] : ['', paint('yellow', `Later: ${unfinishedText(later)}.`)]),
    // For people: a pipe or a mail needs no link.
    ...(url !== undefined && terminal.stdout.isTTY ? ['', paint('dim', `Web UI ${url}`)] : []),
  ]);
  const isSuperseded = later !== undefined && later.status !== 'RUNNING'; // nobody knows how the leads are now
  if (report.differences > 0 || isSuperseded) throw new EndWith(exitCodes.failed);
}

async function followedReport(audits: Audits, run: JourneyReference, report: AuditReport): Promise<FollowedReport> {
  if (!report.mending?.restarted) return report;
  return { ...report, examples: withOutcomes(report.examples, await outcomesOf(audits.client, run)) };
}

function unfinishedText({ status, startedAt }: AuditSummary): string {
  if (status === 'RUNNING') return `the audit of ${startedAt} is still running`;
  return `the audit of ${startedAt} has no result: ${status.toLowerCase().replaceAll('_', ' ')}`;
}
