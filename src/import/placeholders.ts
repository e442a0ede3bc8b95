import type { ColumnName } from './column-names.js';

/** What databases, programs and spreadsheets write for a missing value, in lower case. */
const always = new Set([
  ...[
    'null',
    '\\n',
    '(null)',
    '<null>',
    '[null]',
    'nan',
    'nat',
    'undefined',
    'n/a',
    '#n/a',
    '<na>',
    '""',
    "''",
    '-',
    '--',
  ],
  ...['#null!', '#value!', '#ref!', '#name?', '#div/0!', '#num!', '–', '—'],
]);
/** Also words: `NA` is Namibia, `None`, `Nil` and `Nan` are names of people. */
const notInNames = new Set([...always, 'none', 'nil', 'na']);
/** What databases write for dates that are zero. */
const zeroDate = /^0+$|^0000-00-00(?:[T ]00:00(?::00(?:\.0+)?)?)?Z?$/i;

/**
 * Whether the text of a field stands for a missing value: yes, no, or perhaps, if it could also be meant.
 *
 * @param more texts of `--null`, which match exactly
 */
export function isPlaceholder(column: ColumnName, text: string, more: ReadonlySet<string>): 'yes' | 'perhaps' | 'no' {
  const word = text.trim();
  const lower = word.toLowerCase();
  if (more.has(word)) return 'yes';
  switch (column) {
    case 'lead_created_at':
    case 'trial_started_at':
    case 'paid_at':
      return notInNames.has(lower) || zeroDate.test(word) ? 'yes' : 'no';
    case 'lead_id':
    case 'billing_customer_id':
      return notInNames.has(lower) ? 'yes' : 'no';
    default:
      // A person can be called Null or Nan, but nobody is called NULL or null.
      if (!notInNames.has(lower)) return 'no';
      return always.has(lower) && !/^\p{Lu}\p{Ll}+$/u.test(word) ? 'yes' : 'perhaps';
  }
}
