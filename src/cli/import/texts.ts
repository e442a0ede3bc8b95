import type { Checked } from '../../import/check.js';
import { onlyAdds } from '../../import/columns.js';
import type { Counts } from '../../import/counts.js';
import type { Estimate } from '../../import/estimate.js';
import type { Remark } from '../../import/lead-line.js';
import type { PaymentCounts } from '../../import/payments.js';
import { printed } from '../../import/printed.js';
import type { ReasonCount, RemarkCount } from '../../import/reasons.js';
import type { TimeZone } from '../../import/time-zone.js';
import { count, duration, number } from '../amounts.js';
import { printable } from '../redact.js';
import { type Paint, table } from '../terminal.js';
import { sampleDocument, sampleLines } from './sample.js';

/** The preview of a file and its cost, as text. */
export function previewLines(
  path: string,
  checked: Checked,
  cost: Estimate,
  { paint, timeZone }: { readonly paint: Paint; readonly timeZone: TimeZone | undefined },
): string[] {
  const { leads, payingLeads, repeats, sharedCustomers, bad, rejectsPath, rowCountLine, columns } = checked;
  const ofPaying = payingLeads > 0 ? `, ${number(payingLeads)} with a billing customer` : '';
  const badIs =
    bad === 1 ? 'is invalid: it was copied with its reason' : 'are invalid: they were copied with their reasons';
  return [
    paint('bold', `${path}: ${count(checked.lines, 'line')}`),
    `  ${count(leads, 'lead')}${ofPaying}`,
    ...(onlyAdds(columns)
      ? ['  the file has no lead_created_at: it only adds to leads that have a journey, and makes none']
      : []),
    ...(repeats.count > 0 ? repeatLines(repeats) : []),
    ...(repeats.severalOwners.count > 0 ? severalCustomersLines(repeats.severalOwners) : []),
    ...(sharedCustomers.count > 0 ? sharedLines(sharedCustomers) : []),
    ...Object.entries(checked.remarks).map(([remark, counted]) => `  ${remarkLine(remark as Remark, counted)}`), // our keys
    ...(checked.omitted.length > 0 ? ['  lines with nothing to import; they are left out:'] : []),
    ...reasonLines(checked.omitted),
    ...(checked.notices.length > 0 ? ['  profile fields that are left out or changed; the leads are imported:'] : []),
    ...reasonLines(checked.notices),
    ...(rowCountLine === undefined ? [] : [`  line ${rowCountLine} is psql's row count; it is skipped`]),
    ...(columns.ignored.length > 0 ? [`  columns ignored: ${columns.ignored.map(printed).join(', ')}`] : []),
    ...(bad > 0 ? [paint('red', `  ${count(bad, 'line')} ${badIs} to ${rejectsPath}`)] : []),
    ...reasonLines(checked.reasons),
    ...sampleLines(checked.sample, leads, { timeZone, isAddition: onlyAdds(columns) }),
    ...(leads > 0 ? costLines(cost) : []),
  ];
}

const mostReasons = 10;

/** The most frequent reasons, with their lines. */
export function reasonLines(reasons: readonly ReasonCount[]): string[] {
  return [
    ...reasons.slice(0, mostReasons).map((reason) => `    ${reasonLine(reason)}`),
    ...(reasons.length > mostReasons ? [`    and ${count(reasons.length - mostReasons, 'other reason')}`] : []),
  ];
}

function reasonLine({ reason, count: counted, lines }: ReasonCount): string {
  const text = printable(reason);
  if (counted === 1) return `line ${lines[0]}: ${text}`;
  return `${count(counted, 'line')}: ${text}: ${lines.slice(0, 3).join(', ')}${counted > 3 ? ', ...' : ''}`;
}

function repeatLines({ count: repeated, different, examples }: Checked['repeats']): string[] {
  const others =
    different > 0 ? `, ${number(different)} with other dates or customers: the earliest dates are used` : '';
  return [
    `  ${count(repeated, 'line')} ${repeated === 1 ? 'repeats' : 'repeat'} a lead${others}`,
    ...examples
      .slice(0, different > 0 ? Math.min(different, examples.length) : 3)
      .map(
        ({ line, of, isSame }) =>
          `    line ${line} repeats line ${of}${isSame ? '' : ', with other dates or customers'}`,
      ),
  ];
}

function severalCustomersLines({ count: leads, examples }: Checked['repeats']['severalOwners']): string[] {
  const have = leads === 1 ? 'has' : 'have';
  return [
    `  ${count(leads, 'lead')} ${have} several billing customers; the customer of the earliest payment is used`,
    ...examples.map(({ line, of }) => `    line ${line} names another customer than line ${of}`),
  ];
}

function sharedLines({ count: shared, examples }: Checked['sharedCustomers']): string[] {
  const name = shared === 1 ? 'names' : 'name';
  return [
    `  ${count(shared, 'line')} ${name} the billing customer of another lead; such leads become one customer`,
    ...examples.map(({ line, of }) => `    line ${line} names the same customer as line ${of}`),
  ];
}

const remarkTexts: Readonly<Record<Remark, string>> = {
  placeholder: 'a placeholder for a missing value, such as NULL, in an optional column; it is read as empty',
  'perhaps-placeholder':
    'a profile field like None or NA, which may stand for a missing value; it is imported unchanged',
  'no-customer': "a payment but no billing customer; the billing system's id for the customer is then the lead id",
  'line-break': 'a line break in a profile field; it becomes a space',
  'dates-contradict': 'dates that are not in the order lead, trial, payment; they are imported unchanged',
  'unused-customer': 'a billing customer but neither trial nor payment; the customer is ignored',
  'skipped-time': 'a local time that a clock change skipped; it is moved forward by that change',
  'repeated-time': 'a local time that occurs twice because of a clock change; the first is used',
};

function remarkLine(remark: Remark, { count: counted, lines }: RemarkCount): string {
  const more = counted > lines.length ? ', ...' : '';
  return `${count(counted, 'line')} with ${remarkTexts[remark]}: ${lines.join(', ')}${more}`;
}

function costLines({ requests: { least, most }, seconds, requestsPerSecond }: Estimate): string[] {
  const requests = least === most ? count(most, 'request') : `${number(least)} to ${count(most, 'request')}`;
  return [
    `  about ${requests} to ChartMogul, ${duration(seconds)} at ${requestsPerSecond} a second;`,
    '  a lead that already exists takes one or two more, a lead whose journey is done takes none',
  ];
}

/** The payments that are joined with the leads, as text. */
export function paymentLines(path: string, counts: PaymentCounts): string[] {
  const { lines, payers, withoutUser, omitted, bad, ambiguous } = counts;
  const have = withoutUser === 1 ? 'has' : 'have';
  const unclear = ambiguous.flatMap(({ reason, lines }) => lines.map((line) => `    line ${line}: ${reason}`));
  return [
    `${path}: ${count(lines, 'line')}, the first payment of ${count(payers, 'customer')}`,
    ...(withoutUser > 0 ? [`  ${count(withoutUser, 'customer')} ${have} no lead in the file`] : []),
    ...(unclear.length > 0 ? ['  leads whose e-mail address does not tell their customer; they get no payment:'] : []),
    ...unclear.slice(0, mostUnclear),
    ...(unclear.length > mostUnclear
      ? [`    and ${count(unclear.length - mostUnclear, 'other line')}, see --json`]
      : []),
    ...(omitted.length > 0 ? ['  lines that are no payment of a customer; they are left out:'] : []),
    ...reasonLines(omitted),
    ...(bad.length > 0 ? ['  lines that cannot be read:'] : []),
    ...reasonLines(bad),
  ];
}

const mostUnclear = 20;

/** The same as JSON. */
export function previewDocument(checked: Checked, cost: Estimate, timeZone: TimeZone | undefined): object {
  const { columns, repeats, sharedCustomers, lines, good, bad, leads, payingLeads, problems, reasons } = checked;
  const { rejectsPath, remarks, rowCountLine } = checked;
  const { count: repeated, different, examples } = repeats;
  return {
    ...{ lines, good, bad, leads, payingLeads, problems, reasons },
    ...(rejectsPath !== undefined && { rejects: rejectsPath }),
    repeats: { count: repeated, different, examples },
    severalCustomers: repeats.severalOwners,
    sharedCustomers,
    remarks,
    notices: checked.notices,
    omitted: checked.omitted,
    sample: sampleDocument(checked.sample, timeZone),
    ...(rowCountLine !== undefined && { rowCountLine }),
    ignoredColumns: columns.ignored,
    ...cost,
  };
}

/** The result of an import, as text. */
export function endLines(
  path: string,
  { good }: Checked,
  counts: Counts,
  { isWhole, paint }: { readonly isWhole: boolean; readonly paint: Paint },
): string[] {
  const { rest, created, adopted, merged, known } = counts;
  const rows: [string, number][] = [
    ['lines completed', counts.lines],
    ['  without new facts', known],
    ['created in ChartMogul', created],
    ['adopted (already existed)', adopted],
    ['merged with their billing customer', merged],
    ['proven', rest.proven],
    ['open, waiting for a trial or a payment', rest.open],
    ['need attention', rest.attention],
    ['started, still in progress', counts.reported],
    ['closed by an operator', rest.closed],
    ['cancelled or terminated', rest.ended],
    ['left out: the lead has no journey', counts.unknown],
  ];
  const isRare = (text: string) => /^(?:closed|cancelled|started|left)/.test(text);
  const shown = rows
    .filter(([text, value]) => value > 0 || !isRare(text))
    .map(([text, value]) => [text, number(value)]);
  const left = good - counts.lines - counts.reported - counts.unknown;
  return [
    ...table(['', ''], shown).slice(1),
    ...(rest.attention > 0 ? [paint('yellow', 'List them with: customer-journey list --attention')] : []),
    ...unknownLines(counts, paint),
    ...(isWhole
      ? []
      : [
          `Stopped; ${count(left, 'line')} of ${path} left. Started journeys continue without the import.`,
          'To resume, run the same command again: completed leads are skipped.',
        ]),
  ];
}

/** Leads that a file which only adds names, and that no journey knows. */
function unknownLines({ unknown, unknownLeads }: Counts, paint: Paint): string[] {
  if (unknown === 0) return [];
  const shown = unknownLeads.slice(0, 10).map(printed).join(', ');
  const more = unknownLeads.length > 10 ? ', ... (--json lists more)' : '';
  return [
    paint('yellow', `Left out, since they have no journey: ${shown}${more}`),
    'Import these leads with lead_created_at, then import this file again.',
  ];
}

/** The same as JSON. */
export function endDocument({ underWay: _, reported, ...counts }: Counts, isWhole: boolean): object {
  return { isWhole, ...counts, ...(!isWhole && { onTheirWay: reported }) };
}
