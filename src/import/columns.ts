import type { ProfileField } from '../domain/journey/reports.js';
import { FileRefusedError } from './file-refused.js';

/** The columns that the import knows by these names. */
export const dateColumns = ['lead_created_at', 'trial_started_at', 'paid_at'] as const;
export const profileColumns: readonly ProfileField[] = ['name', 'email', 'company', 'country', 'state', 'city', 'zip'];
export const columnNames = ['lead_id', ...dateColumns, 'billing_customer_id', ...profileColumns] as const;
export type ColumnName = (typeof columnNames)[number];

/** What a rejects file has beside its columns; ignored when it is fed in again. */
export const reasonColumn = 'rejected_because';

/** Where to find what in a record. */
export interface Columns {
  /** All columns of the file by their own names. */
  readonly names: readonly string[];
  readonly places: ReadonlyMap<ColumnName, number>;
  /** Names of columns that are not imported. */
  readonly ignored: readonly string[];
}

export interface ColumnRules {
  /** Theirs to ours; theirs to nothing leaves the column out. */
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
    } else if (places.has(ours)) problems.push(`Two columns are ${ours}.`);
    else places.set(ours, place);
  }
  for (const theirs of map.keys()) {
    if (!names.includes(theirs)) problems.push(`--map names a column that is not there: ${theirs}.`);
  }
  for (const needed of ['lead_id', 'lead_created_at'] as const) {
    if (!places.has(needed)) problems.push(`There is no column ${needed}.`);
  }
  if (unknown.length > 0) problems.push(unknownColumns(unknown));
  if (problems.length > 0) throw new FileRefusedError(['The columns are not usable.', ...problems].join('\n  '));
  return { names, places, ignored };
}

/** Reads `their=ours`. @throws FileRefusedError */
export function readMap(pairs: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (const pair of pairs) {
    const [, theirs, ours] = /^(.+)=([^=]*)$/.exec(pair) ?? [];
    const isKnown = ours === '' || columnNames.some((name) => name === ours);
    if (theirs === undefined || ours === undefined || !isKnown) {
      throw new FileRefusedError(`--map ${pair}: give their=ours, where ours is one of ${columnNames.join(', ')}.`);
    }
    map.set(theirs.trim(), ours);
  }
  return map;
}

function unknownColumns(unknown: readonly string[]): string {
  const [only] = unknown;
  // A whole header in one column has another delimiter.
  const other = unknown.length === 1 && [';', '\t', '|'].find((delimiter) => only?.includes(delimiter));
  if (other) return `The columns are separated by ${other === '\t' ? 'tabs' : other}: add --delimiter.`;
  return `Unknown: ${unknown.join(', ')}. Known: ${columnNames.join(', ')}. Add --map their=ours, or --ignore-unknown.`;
}
