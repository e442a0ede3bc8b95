import type { Columns } from './columns.js';
import type { Fields } from './records.js';

/** Why a record cannot be a record of the file, or undefined. @param delimiter of the file */
export function shapeProblem(record: Fields, columns: Columns, delimiter: string): string | undefined {
  const { fields, source } = record;
  const width = columns.names.length;
  // Spreadsheets add delimiters after the last field.
  if (fields.length < width || fields.slice(width).some((field) => field.trim() !== '')) {
    return `has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, but the header has ${width}`;
  }
  const swallowed = source.slice(1).find(({ text }) => isLikeRecord(text, columns, delimiter));
  if (swallowed === undefined) return undefined;
  return `has a quoted field that contains line ${swallowed.number}, which looks like a lead: check its quotes`;
}

/**
 * Whether a line inside a quoted field looks like a lead. Two quotes that were not closed enclose the lines between
 * them, which by RFC 4180 is a valid record, but most likely not what was meant.
 */
function isLikeRecord(text: string, { names, places }: Columns, delimiter: string): boolean {
  const fields = text.split(delimiter);
  const at = (name: 'lead_id' | 'lead_created_at') => fields[places.get(name) ?? -1]?.replaceAll('"', '').trim() ?? '';
  return fields.length >= names.length && at('lead_id') !== '' && /^\d/.test(at('lead_created_at'));
}
