import { FileRefusedError } from './file-refused.js';

/** Kinds of files that are not CSV, by their first bytes in hexadecimal, and what to do. */
const binaries: readonly (readonly [string, string])[] = [
  [
    '504b0304',
    'is an Excel workbook or another ZIP archive: save it as "CSV UTF-8" in Excel, or convert it with: soffice --headless --convert-to csv FILE',
  ],
  [
    'd0cf11e0',
    'is an old Excel workbook: save it as "CSV UTF-8" in Excel, or convert it with: soffice --headless --convert-to csv FILE',
  ],
  ['25504446', 'is a PDF: export the data as CSV instead'],
  ['50415231', 'is a Parquet file: convert it with: duckdb -csv -c "select * from \'FILE\'" > leads.csv'],
  [
    '53514c69746520666f726d61742033',
    'is a SQLite database: query it with: sqlite3 -csv -header FILE "select ..." > leads.csv',
  ],
  ['28b52ffd', 'is compressed with Zstandard: pipe it in with: zstd -dc FILE | customer-journey import -'],
  ['425a68', 'is compressed with bzip2: pipe it in with: bzip2 -dc FILE | customer-journey import -'],
  ['fd377a585a00', 'is compressed with xz: pipe it in with: xz -dc FILE | customer-journey import -'],
];

const texts: readonly (readonly [RegExp, string])[] = [
  [
    /^\s*\[/,
    `is JSON: convert it with: jq -r '(.[0] | keys_unsorted) as $k | $k, map([.[$k[]]])[] | @csv' FILE > leads.csv`,
  ],
  [
    /^\s*\{/,
    `is JSON: convert lines of objects with: jq -sr '(.[0] | keys_unsorted) as $k | $k, map([.[$k[]]])[] | @csv' FILE > leads.csv`,
  ],
  [
    /^\s*<(?:!doctype|html|head|body|table)/i,
    'is an HTML page, often a login or error page: download the CSV file again',
  ],
  [/^\s*<\?xml/i, 'is XML: export the data as CSV instead'],
  [
    /^\s*[|+ ].*\n\s*[|+-]-{2,}[-+|]+/,
    'is the aligned output of a database client: export it with psql --csv, or mysql --batch (tab-separated)',
  ],
  [
    /^\s*(?:COPY|INSERT INTO|CREATE TABLE|-- (?:PostgreSQL|MySQL))\b/i,
    'is an SQL dump: export the leads with psql --csv -c "select ..." > leads.csv',
  ],
];

export function isGzip(head: Buffer): boolean {
  return head.subarray(0, 2).toString('hex') === '1f8b';
}

/** @param head the first bytes of the file @param text the same as text @throws FileRefusedError if it is not CSV */
export function refuseOtherKinds(path: string, head: Buffer, text: string): void {
  const hex = head.subarray(0, 16).toString('hex');
  const [, advice] = binaries.find(([magic]) => hex.startsWith(magic)) ?? texts.find(([form]) => form.test(text)) ?? [];
  if (advice !== undefined) throw new FileRefusedError(`${path} ${advice.replaceAll('FILE', path)}`);
}
