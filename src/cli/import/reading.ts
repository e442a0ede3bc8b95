import { type Checked, checkFile } from '../../import/check.js';
import { readMap } from '../../import/columns.js';
import { readDateFormat } from '../../import/date-format.js';
import { readEncoding } from '../../import/encoding.js';
import { LeadFile, type ReadingRules } from '../../import/lead-file.js';
import { readPreset } from '../../import/presets.js';
import { TimeZone } from '../../import/time-zone.js';
import { starterConfig } from '../../runtime/config.js';
import { count } from '../amounts.js';
import { UsageError } from '../errors.js';
import { Progress, type Terminal } from '../terminal.js';
import type { ReadingOptions } from './reading-options.js';

/** The rules of the options. @throws UsageError, FileRefusedError, ConfigError */
export function readingRules(options: ReadingOptions, { env }: Terminal): ReadingRules {
  const { account, allowEmailLeadIds } = starterConfig(env);
  const { delimiter, encoding, from, timeZone, dateFormat } = options;
  return {
    ...(timeZone !== undefined && { timeZone: new TimeZone(timeZone) }),
    ...(delimiter !== undefined && { delimiter: delimiterOf(delimiter) }),
    ...(encoding !== undefined && { encoding: readEncoding(encoding) }),
    map: readMap(options.map),
    nulls: new Set(options.null),
    ignoreUnknown: options.ignoreUnknown === true,
    allowEmailLeadIds,
    account,
    now: Date.now(),
    ...(from !== undefined && { preset: readPreset(from) }),
    ...(dateFormat !== undefined && { dateFormat: readDateFormat(dateFormat) }),
  };
}

interface Reading {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Opens a file and shows the progress. @throws FileRefusedError */
export async function openFile(path: string, rules: ReadingRules, { terminal, signal }: Reading): Promise<LeadFile> {
  const progress = new Progress(terminal.stderr);
  try {
    const onProgress = (bytes: number) => progress.update(`read ${Math.floor(bytes / 1e6)} MB`);
    return await LeadFile.open(path, rules, { signal, onProgress });
  } finally {
    progress.end();
  }
}

/** Checks all lines and shows the progress. @throws FileRefusedError */
export async function checkLines(file: LeadFile, { terminal, signal }: Reading): Promise<Checked> {
  const progress = new Progress(terminal.stderr);
  try {
    const onProgress = (lines: number) => progress.update(`checked ${count(lines, 'line')}`);
    return await checkFile(file, { signal, onProgress });
  } finally {
    progress.end();
  }
}

type SkipBad = Pick<ReadingOptions, 'skipBad'>;

export function isRefused({ bad, leads }: Checked, { skipBad = false }: SkipBad): boolean {
  return (bad > 0 && !skipBad) || leads === 0;
}

/** @throws UsageError if the file has no leads, or bad lines that are not to be skipped */
export function refuseBad(checked: Checked, options: SkipBad, whatFails = 'cannot be imported'): void {
  if (!isRefused(checked, options)) return;
  if (checked.bad === 0) throw new UsageError('Nothing was started: the file contains no leads.');
  if (options.skipBad) throw new UsageError('Nothing was started: the file contains no valid leads.');
  const [them, theyWere] = checked.bad === 1 ? ['it', 'It was'] : ['them', 'They were'];
  const fix = `Fix ${them}, or pass --skip-bad to skip ${them}. ${theyWere} copied to ${checked.rejectsPath}.`;
  throw new UsageError(`Nothing was started: ${count(checked.bad, 'line')} ${whatFails}. ${fix}`);
}

function delimiterOf(text: string): string {
  const delimiter = text === 'tab' ? '\t' : text;
  if (!/^[^"\r\n]$/.test(delimiter)) throw new UsageError('--delimiter must be one character, or "tab".');
  return delimiter;
}
