import type { ProfileField } from '../domain/journey/reports.js';
import { FileRefusedError } from './file-refused.js';

/** The names of the columns that the import reads. */
export const dateColumns = ['lead_created_at', 'trial_started_at', 'paid_at'] as const;
export const profileColumns: readonly ProfileField[] = ['name', 'email', 'company', 'country', 'state', 'city', 'zip'];
export const columnNames = ['lead_id', ...dateColumns, 'billing_customer_id', ...profileColumns] as const;
export type ColumnName = (typeof columnNames)[number];

/** The additional column of a rejects file; ignored when that file is imported. */
export const reasonColumn = 'rejected_because';

/** The positions of the columns in a record. */
export interface Columns {
  /** All column names of the file. */
  readonly names: readonly string[];
  readonly places: ReadonlyMap<ColumnName, number>;
  /** Names of columns that are not imported. */
  readonly ignored: readonly string[];
}

export interface ColumnRules {
  /** Maps a name in the file to one of ours, or to an empty string to ignore the column. */
  readonly map: ReadonlyMap<string, string>;
  readonly ignoreUnknown: boolean;
}

/** Reads the header. @throws FileRefusedError with every problem */
export function readColumns(header: readonly string[], { map, ignoreUnknown }: ColumnRules): Columns {
  const names = header.map((name) => name.trim());
  const places = new Map<ColumnName, number>();
  const problems: string[] = [];
  const ignored: string[] = [];
  const unknown: string[] = [];
  for (const [place, theirs] of names.entries()) {
    const wanted = map.get(theirs) ?? theirs;
    const ours = columnNames.find((name) => name === wanted);
    if (ours === undefined) {
      if (wanted !== '' && wanted !== reasonColumn && !ignoreUnknown) unknown.push(theirs);
      else if (wanted !== reasonColumn) ignored.push(theirs);
    } else if (places.has(ours)) problems.push(`Duplicate column ${ours}.`);
    else places.set(ours, place);
  }
  for (const theirs of map.keys()) {
    if (!names.includes(theirs)) problems.push(`--map names a missing column: ${theirs}.`);
  }
  for (const needed of ['lead_id', 'lead_created_at'] as const) {
    if (!places.has(needed)) problems.push(`Missing column ${needed}.`);
  }
  if (unknown.length > 0) problems.push(unknownColumns(unknown));
  if (problems.length > 0) throw new FileRefusedError(['Invalid columns:', ...problems].join('\n  '));
  return { names, places, ignored };
}

/** Reads `their=ours`. @throws FileRefusedError */
export function readMap(pairs: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (const pair of pairs) {
    const [, theirs, ours] = /^(.+)=([^=]*)$/.exec(pair) ?? [];
    const isKnown = ours === '' || columnNames.some((name) => name === ours);
    if (theirs === undefined || ours === undefined || !isKnown) {
      throw new FileRefusedError(
        `Invalid --map ${pair}: use their=ours, where ours is one of ${columnNames.join(', ')}.`,
      );
    }
    map.set(theirs.trim(), ours);
  }
  return map;
}

function unknownColumns(unknown: readonly string[]): string {
  const [only] = unknown;
  // If the whole header is one column, the file has another delimiter.
  const other = unknown.length === 1 && [';', '\t', '|'].find((delimiter) => only?.includes(delimiter));
  if (other) return `The columns are separated by ${other === '\t' ? 'tabs' : other}: pass --delimiter.`;
  const fix = 'Pass --map their=ours or --ignore-unknown.';
  return `Unknown columns: ${unknown.join(', ')}. Valid columns: ${columnNames.join(', ')}. ${fix}`;
}
