import { type ColumnName, columnNames } from './column-names.js';
import { FileRefusedError } from './file-refused.js';
import type { Preset } from './presets.js';
import { normalised, printed } from './printed.js';
import { type PaymentPlaces, paymentPlaces } from './stripe-payments.js';

/** The additional column of a rejects file; ignored when that file is imported. */
export const reasonColumn = 'rejected_because';

/** The positions of the columns in a record. */
export interface Columns {
  /** All column names of the file, with normalised spaces. */
  readonly names: readonly string[];
  readonly places: ReadonlyMap<ColumnName, number>;
  /** Names of columns that are not imported. */
  readonly ignored: readonly string[];
  /** The second column of the name. */
  readonly lastName?: number;
  /** Present if each record is a payment. */
  readonly payments?: PaymentPlaces;
}

export interface ColumnRules {
  /** Maps a name in the file to one of ours, or to an empty string to ignore the column. */
  readonly map: ReadonlyMap<string, string>;
  readonly ignoreUnknown: boolean;
  /** The names in the export of another product. `map` comes first, then the preset, then the names of our columns. */
  readonly preset?: Preset;
}

/**
 * Reads the header. Names match without regard to case, spaces, hyphens and underscores. Columns without a name are
 * ignored: spreadsheets add them. @throws FileRefusedError with every problem
 */
export function readColumns(header: readonly string[], rules: ColumnRules): Columns {
  const { map, preset } = rules;
  const names = header.map(normalised);
  const { places, ignored, unknown, duplicates, lastName } = resolve(names, rules);
  if (places.size === 0) refuseData(names);
  const problems = duplicates.map((ours) => `Duplicate column ${ours}.`);
  for (const theirs of map.keys()) {
    const matching = names.filter((name) => keyOf(name) === keyOf(theirs));
    if (matching.length === 0) problems.push(`--map names a missing column: ${printed(theirs)}.`);
    else if (matching.every((name) => ruleOf(name, map)?.[0] !== theirs)) problems.push(mappedTwice(theirs));
  }
  const isAddition = places.has('paid_at') || places.has('trial_started_at');
  for (const needed of ['lead_id', ...(isAddition ? [] : (['lead_created_at'] as const))] as const) {
    if (!places.has(needed)) problems.push(missingColumn(needed, preset));
  }
  if (unknown.length > 0) problems.push(unknownColumns(names, unknown, places.size > 0 || names.some(isTitle)));
  if (problems.length > 0) throw new FileRefusedError(['Invalid columns:', ...problems].join('\n  '));
  const placeOf = (name: string) => placeOfKey(names, name);
  const payments = preset?.isOfPayments && paymentPlaces(placeOf, places.get('billing_customer_id'));
  return { names, places, ignored, ...(lastName !== undefined && { lastName }), ...(payments && { payments }) };
}

interface Resolved {
  readonly places: Map<ColumnName, number>;
  readonly ignored: string[];
  /** Positions of columns with a name that is neither known nor ignored. */
  readonly unknown: number[];
  readonly duplicates: ColumnName[];
  readonly lastName?: number;
}

function resolve(names: readonly string[], { map, ignoreUnknown, preset }: ColumnRules): Resolved {
  const places = new Map<ColumnName, number>();
  const [ignored, unknown, duplicates]: [string[], number[], ColumnName[]] = [[], [], []];
  const rest: number[] = [];
  const take = (ours: ColumnName, place: number) => {
    if (places.has(ours)) duplicates.push(ours);
    else places.set(ours, place);
  };
  for (const [place, theirs] of names.entries()) {
    const wanted = ruleOf(theirs, map)?.[1];
    const ours = wanted === undefined ? undefined : columnOf(wanted);
    if (ours !== undefined) take(ours, place);
    else if (wanted !== undefined) ignored.push(theirs);
    else rest.push(place);
  }
  const placeOf = (wanted: readonly string[] = []) =>
    wanted
      .map((name) => rest.find((place) => keyOf(names[place] ?? '') === keyOf(name)))
      .find((place) => place !== undefined);
  const taken = new Set<number>();
  for (const ours of columnNames) {
    const place = places.has(ours) ? undefined : placeOf(preset?.columns[ours]);
    if (place === undefined) continue;
    places.set(ours, place);
    taken.add(place);
  }
  // A name that is mapped, or that is whole, has no second part.
  const isDivided = keyOf(names[places.get('name') ?? -1] ?? 'First Name') === keyOf('First Name');
  const lastName = isDivided ? placeOf(preset?.lastName) : undefined;
  if (lastName !== undefined) taken.add(lastName);
  for (const place of rest) {
    const theirs = names[place] ?? '';
    const ours = columnOf(theirs);
    if (taken.has(place)) continue;
    if (ours !== undefined && !(preset && places.has(ours))) take(ours, place);
    else if (theirs === '' || keyOf(theirs) === keyOf(reasonColumn)) continue;
    else if (preset === undefined && !ignoreUnknown) unknown.push(place);
    else ignored.push(theirs);
  }
  return { places, ignored, unknown, duplicates, ...(lastName !== undefined && { lastName }) };
}

function placeOfKey(names: readonly string[], wanted: string): number | undefined {
  const place = names.findIndex((name) => keyOf(name) === keyOf(wanted));
  return place === -1 ? undefined : place;
}

function missingColumn(needed: ColumnName, preset: Preset | undefined): string {
  if (preset === undefined) return `Missing column ${needed}.`;
  // Payments have no date of a lead, but must have their own.
  if (preset.isOfPayments && needed === 'lead_created_at') return missingColumn('paid_at', preset);
  if (preset.isJoined)
    return `The file of payments has no column ${quoted(preset.columns[needed])}: export all columns.`;
  if (preset.isOfPayments && needed === 'lead_id') {
    return `Missing column ${needed}: the payments do not name their leads. Join them with your users first (docs/import.md).`;
  }
  const theirs = preset.columns[needed];
  const fix = `pass --map their=${needed}`;
  if (theirs === undefined) return `Missing column ${needed}: --from ${preset.name} has no such column; ${fix}.`;
  return `Missing column ${needed}: --from ${preset.name} reads ${quoted(theirs)}. Export it, or ${fix}.`;
}

function quoted(names: readonly string[] = []): string {
  return names.map((name) => `"${name}"`).join(' or ');
}

/** Whether a file adds trials and payments to leads that exist, and makes none: it does not say when leads were created. */
export function onlyAdds({ places }: Columns): boolean {
  return !places.has('lead_created_at');
}

/** How many of the names are columns that the import reads. */
export function knownColumns(header: readonly string[], rules: ColumnRules): number {
  const { places, duplicates } = resolve(header.map(normalised), rules);
  return places.size + duplicates.length;
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
    const name = normalised(theirs);
    if ((map.get(name) ?? ours) !== ours) throw new FileRefusedError(`Invalid --map ${pair}: ${mappedTwice(name)}`);
    map.set(name, ours);
  }
  return map;
}

/** What `--map` says about a column: the name that it uses for it, and ours. */
function ruleOf(name: string, map: ColumnRules['map']): readonly [theirs: string, ours: string] | undefined {
  const exact = map.get(name);
  if (exact !== undefined) return [name, exact];
  return [...map].find(([theirs]) => keyOf(theirs) === keyOf(name));
}

function mappedTwice(theirs: string): string {
  return `--map names a column twice: ${printed(theirs)}. A column of the file can be only one of ours.`;
}

function columnOf(name: string): ColumnName | undefined {
  return columnNames.find((ours) => keyOf(ours) === keyOf(name));
}

/** Names with the same key match. */
export function keyOf(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

/** Refuses a file without a header. The first line is then a person's data, so the message does not show it. */
function refuseData(names: readonly string[]): void {
  if (!names.some(isData)) return;
  throw new FileRefusedError(
    'The first line looks like data, not like a header. Add a header line: lead_id,lead_created_at,...',
  );
}

/** E-mail addresses, dates, numbers. */
function isData(name: string): boolean {
  return /@|\d{4}-\d\d|\d\d?[./]\d\d?[./]\d\d|^[\d.,]+$/.test(name);
}

/** Words that headers have and data does not. */
function isTitle(name: string): boolean {
  return /\b(?:id|date|e-?mail|name|created|status)\b/i.test(name);
}

function unknownColumns(names: readonly string[], unknown: readonly number[], isHeader: boolean): string {
  const [only] = unknown;
  // If the whole header is one column, the file has another delimiter.
  const whole = names.length === 1 && only !== undefined ? names[only] : undefined;
  const other = whole !== undefined && [';', '\t', '|', ','].find((delimiter) => whole.includes(delimiter));
  if (other) return `The columns are separated by ${other === '\t' ? 'tabs' : other}: pass --delimiter.`;
  const shown = unknown.map((place) => {
    const name = names[place] ?? '';
    // The first line of a file without a header may have names of people.
    if (isData(name) || (!isHeader && !/^[a-z][a-z0-9_ ]*$/.test(name))) return `column ${place + 1}`;
    const similar = similarColumn(name);
    return similar === undefined ? printed(name) : `${printed(name)} (did you mean ${similar}?)`;
  });
  const fix = 'Pass --map their=ours or --ignore-unknown.';
  return `Unknown columns: ${shown.join(', ')}. Valid columns: ${columnNames.join(', ')}. ${fix}`;
}

/** The column whose name contains this one, or differs from it by at most two characters. */
function similarColumn(name: string): ColumnName | undefined {
  const key = keyOf(name);
  if (key.length < 3) return undefined;
  const containing = columnNames.filter((ours) => keyOf(ours).includes(key) || key.includes(keyOf(ours)));
  if (containing.length === 1) return containing[0];
  return columnNames.find((ours) => distance(keyOf(ours), key) <= (key.length < 5 ? 1 : 2));
}

/** The Levenshtein distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [line, character] of [...one].entries()) {
    const next = [line + 1];
    for (let place = 0; place < other.length; place += 1) {
      const change = (row[place] ?? 0) + (other[place] === character ? 0 : 1);
      next.push(Math.min(change, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
