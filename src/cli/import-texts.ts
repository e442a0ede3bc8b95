import type { Checked, RemarkCount } from '../import/check.js';
import type { Estimate } from '../import/estimate.js';
import type { Remark } from '../import/lead-line.js';
import { reasonOf } from '../import/rejects.js';
import type { Counts } from '../import/tally.js';
import { type Paint, type Stream, table } from './terminal.js';
import { printable } from './withhold.js';

/** What a file holds and what it will cost, for a person. */
export function previewLines(path: string, checked: Checked, cost: Estimate, paint: Paint): string[] {
  const { leads, payingLeads, repeats, bad, problems, rejectsPath, columns } = checked;
  const ofPaying = payingLeads > 0 ? `, ${number(payingLeads)} of them with a billing customer` : '';
  const badIs = bad === 1 ? 'is bad: a copy with its reason is' : 'are bad: a copy with their reasons is';
  return [
    paint('bold', `${path}: ${count(checked.lines, 'line')}`),
    `  ${count(leads, 'lead')}${ofPaying}`,
    ...(repeats.count > 0 ? repeatLines(repeats) : []),
    ...Object.entries(checked.remarks).map(([remark, counted]) => `  ${remarkLine(remark as Remark, counted)}`), // our keys
    ...(columns.ignored.length > 0 ? [`  columns ignored: ${printable(columns.ignored).join(', ')}`] : []),
    ...(bad > 0 ? [paint('red', `  ${count(bad, 'line')} ${badIs} in ${rejectsPath}`)] : []),
    ...problems.map(
      (problem) => `    line ${number(problem.line)}: ${printable(problem.problems.map(reasonOf)).join('; ')}`,
    ),
    ...(bad > problems.length ? [`    and ${number(bad - problems.length)} more`] : []),
    ...(leads > 0 ? costLines(cost) : []),
  ];
}

function repeatLines({ count: repeated, different, examples }: Checked['repeats']): string[] {
  const others = different > 0 ? `, ${number(different)} with other dates or customers: the earliest dates count` : '';
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

const remarkTexts: Readonly<Record<Remark, string>> = {
  'dates-contradict': 'dates that are not in the order lead, trial, payment; they are taken as they are',
  'unused-customer': 'a billing customer but neither trial nor payment; it is not used',
  'skipped-time': 'a time that the clocks of the zone skipped; it is taken so much later',
  'repeated-time': 'a time that the clocks of the zone showed twice; it is taken as the first',
};

function remarkLine(remark: Remark, { count: counted, lines }: RemarkCount): string {
  const more = counted > lines.length ? ', ...' : '';
  return `${count(counted, 'line')} with ${remarkTexts[remark]}: ${lines.join(', ')}${more}`;
}

function costLines({ requests: { least, most }, seconds, requestsPerSecond }: Estimate): string[] {
  const requests = least === most ? number(most) : `${number(least)} to ${number(most)}`;
  return [
    `  about ${requests} requests to ChartMogul, ${duration(seconds)} at ${requestsPerSecond} a second;`,
    '  a lead that is there already takes one or two more, one whose journey is done takes none',
  ];
}

/** The same for a machine. */
export function previewDocument(checked: Checked, cost: Estimate): object {
  const { columns, repeats, lines, good, bad, leads, payingLeads, problems, rejectsPath, remarks } = checked;
  const { count: repeated, different, examples } = repeats;
  return {
    ...{ lines, good, bad, leads, payingLeads, problems },
    ...(rejectsPath !== undefined && { rejects: rejectsPath }),
    repeats: { count: repeated, different, examples },
    remarks,
    ignoredColumns: columns.ignored,
    ...cost,
  };
}

/** How an import ended, for a person. */
export function endLines(
  path: string,
  { good }: Checked,
  counts: Counts,
  { isWhole, paint }: { readonly isWhole: boolean; readonly paint: Paint },
): string[] {
  const { rest, created, adopted, merged, known } = counts;
  const rows: [string, number][] = [
    ['lines done', counts.lines],
    ['  that said nothing new', known],
    ['created in ChartMogul', created],
    ['adopted, were there already', adopted],
    ['one with their billing customer', merged],
    ['proven', rest.proven],
    ['open, waiting for a trial or a payment', rest.open],
    ['in attention', rest.attention],
    ['closed by hand', rest.closed],
    ['cancelled or terminated', rest.ended],
  ];
  const isRare = (text: string) => /^(?:closed|cancelled)/.test(text);
  const shown = rows
    .filter(([text, value]) => value > 0 || !isRare(text))
    .map(([text, value]) => [text, number(value)]);
  const left = good - counts.lines;
  return [
    ...table(['', ''], shown).slice(1),
    ...(rest.attention > 0 ? [paint('yellow', 'See those with: customer-journey list --attention')] : []),
    ...(isWhole
      ? []
      : [`Stopped; ${count(left, 'line')} left. To go on, run it again: customer-journey import ${path} ...`]),
    ...(isWhole ? [] : ['What is done stays done, and journeys that were started go on by themselves.']),
  ];
}

/** The same for a machine. */
export function endDocument({ underWay, ...counts }: Counts, isWhole: boolean): object {
  return { isWhole, ...counts };
}

/** The line that tells how far an import is: on a terminal with a bar, and never longer than the terminal is wide. */
export class Pace {
  private readonly samples: { readonly at: number; readonly lines: number }[] = [];

  constructor(
    private readonly total: number,
    private readonly stream: Stream & { readonly columns?: number },
    private readonly now: () => number = Date.now,
  ) {}

  line(counts: Readonly<Counts>): string {
    const { lines, created, adopted, merged, underWay, rest } = counts;
    const perSecond = this.perSecond(lines);
    const left = perSecond > 0 ? `, ${duration(Math.ceil((this.total - lines) / perSecond))} left` : '';
    const text =
      `${number(lines)} of ${number(this.total)} (${perSecond.toFixed(1)}/s${left}) created ${number(created)}, ` +
      `adopted ${number(adopted)}, merged ${number(merged)}, waiting ${number(underWay)}, attention ${number(rest.attention)}`;
    return this.stream.isTTY ? `${bar(lines / this.total)} ${text}`.slice(0, (this.stream.columns ?? 120) - 1) : text;
  }

  /** Over the last half minute: what was known already goes by fast, and says nothing of what is to come. */
  private perSecond(lines: number): number {
    const at = this.now();
    const last = this.samples.at(-1);
    if (last === undefined || at - last.at >= 1_000) this.samples.push({ at, lines });
    while (this.samples.length > 1 && at - (this.samples[0]?.at ?? at) > 30_000) this.samples.shift();
    const [first = { at, lines }] = this.samples;
    return at > first.at ? ((lines - first.lines) * 1000) / (at - first.at) : 0;
  }
}

function bar(share: number): string {
  const width = 16;
  const full = Math.round(Math.min(1, share) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}

/** `1 line`, `2,000 lines`. */
export function count(many: number, what: string): string {
  return `${number(many)} ${what}${many === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 60) return count(seconds, 'second');
  if (seconds < 3600) return count(Math.round(seconds / 60), 'minute');
  return `${number(Math.floor(seconds / 3600))} h ${Math.floor((seconds % 3600) / 60)} min`;
}
