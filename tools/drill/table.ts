import type { DrillResult } from './result.js';
import { describeFailure, findingsOf, isFine } from './verdict.js';

/** The result as text: figures, then findings, then how to repeat the drill. */
export function tableOf(result: DrillResult): string {
  const { kills, faults, attention, histories, changes, deployment } = result;
  const lines = [
    heading(`${result.journeys} journeys, ${result.minutes} minutes of faults, ${result.seconds} seconds in all`),
    row('reports', result.reports, `${result.repeatedReports} calls repeated because Temporal was unavailable`),
    row('requests to ChartMogul', result.requests),
    row('retries by the operator', result.retriesByOperator),
    heading('kills survived', 'with work in flight'),
    ...Object.entries(kills).map(([target, { all, withWorkInFlight }]) => row(target, all, String(withWorkInFlight))),
    row('all', total(kills, 'all'), String(total(kills, 'withWorkInFlight'))),
    heading('faults met'),
    ...entriesOf(faults.byKind),
    row('all', sum(Object.values(faults.byKind))),
    heading('faults met, by route', 'out of N requests'),
    ...entriesOf(faults.byRoute, result.requestsByRoute),
    heading('proven journeys, then changed by people', 'while processes were killed'),
    ...Object.entries(changes).map(([kind, { made, underFaults }]) => row(kind, made, String(underFaults))),
    heading(`deployment of a second version: ${deployment.join(', ')}`),
    ...Object.entries(histories.tasksByBuild).map(([build, tasks]) => row(`workflow tasks of version ${build}`, tasks)),
    row('runs that continued as new', histories.continued),
    heading('histories'),
    row('runs', histories.runs, `${histories.events} events`),
    row('workflow tasks timed out', histories.taskTimeouts, 'their worker was killed'),
    row('workflow tasks failed', histories.taskFailures.length),
    ...histories.taskFailures.map(describeFailure).map(indented),
    heading('journeys that need attention, as expected'),
    ...entriesOf(attention.byCode),
    heading('findings'),
    ...findingsOf(result).flatMap(({ what, found }) => [row(what, found.length), ...found.map(indented)]),
    '',
    isFine(result) ? 'No journey was lost.' : `Problems found. The files are in ${result.folder}.`,
    `Repeat it: npm run drill -- --journeys ${result.journeys} --minutes ${result.minutes} --seed ${result.seed}`,
  ];
  return lines.join('\n');
}

function heading(text: string, more = ''): string {
  return `\n${text.padEnd(46)}${more}`.trimEnd();
}

function row(name: string, count: number, more = ''): string {
  return `  ${name.padEnd(34)}${String(count).padStart(8)}  ${more}`.trimEnd();
}

function entriesOf(counts: Readonly<Record<string, number>>, of?: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => row(name, count, of && String(of[name] ?? 0)));
}

function indented(line: string): string {
  return `      ${line}`;
}

function total(kills: DrillResult['kills'], key: 'all' | 'withWorkInFlight'): number {
  return sum(Object.values(kills).map((counts) => counts[key]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
