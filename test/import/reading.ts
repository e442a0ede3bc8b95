import { type ColumnRules, readMap } from '../../src/import/columns.js';
import { readDateFormat } from '../../src/import/date-format.js';
import type { Encoding } from '../../src/import/encoding.js';
import { LeadFile } from '../../src/import/lead-file.js';
import type { LeadLine } from '../../src/import/lead-line.js';
import { readPreset } from '../../src/import/presets.js';
import { TimeZone } from '../../src/import/time-zone.js';
import { withFile } from './leads.js';

export interface Reading extends Partial<ColumnRules> {
  readonly from?: string;
  readonly maps?: readonly string[];
  readonly timeZone?: string;
  readonly dateFormat?: string;
  readonly delimiter?: string;
  readonly encoding?: Encoding;
  readonly nulls?: ReadonlySet<string>;
  readonly account?: string;
}

/** Reads all lines of a file. */
export function reading(content: string | Buffer, options: Reading = {}): Promise<LeadLine[]> {
  return withFile(content, async (path) => {
    const file = await opened(path, options);
    try {
      const lines: LeadLine[] = [];
      for await (const batch of file.lines(await file.columns())) lines.push(...batch);
      return lines;
    } finally {
      await file.close();
    }
  });
}

export function opened(
  path: string,
  { maps = [], from, timeZone, dateFormat, ...rules }: Reading = {},
): Promise<LeadFile> {
  return LeadFile.open(path, {
    ...{ map: readMap(maps), ignoreUnknown: false, allowEmailLeadIds: false, now: Date.now(), ...rules },
    ...(from !== undefined && { preset: readPreset(from) }),
    ...(timeZone !== undefined && { timeZone: new TimeZone(timeZone) }),
    ...(dateFormat !== undefined && { dateFormat: readDateFormat(dateFormat) }),
  });
}

/** Bad lines as `line: problems`, good ones as `line: lead id`, others as `line: (why they are left out)`. */
export function told(lines: readonly LeadLine[]): string[] {
  return lines.map((line) => {
    if (line.isGood) return `${line.line}: ${line.leadId}`;
    if ('omittedBecause' in line) return `${line.line}: (${line.omittedBecause})`;
    return `${line.line}: ${line.problems.map(({ column = '', message }) => `${column} ${message}`.trim()).join('; ')}`;
  });
}
