import {
  type AuditClass,
  auditClasses,
  auditClassNames,
  isDifference,
  isMendable,
} from '../../domain/audit/classes.js';
import type { FunnelDates } from '../../domain/journey/dates.js';
import type { FoundDifference } from '../../journeys/audit-history.js';
import type { JourneyReference } from '../../journeys/index.js';
import type { AuditCounts, AuditReport, AuditView } from '../../workflows/audit-messages.js';
import { count, duration, number } from '../amounts.js';
import { printable, redactEmails } from '../redact.js';
import { type Paint, table } from '../terminal.js';

/** The progress of a running audit. */
export function progressLine(view: AuditView): string {
  const { phase, records, requests, examined, doubts, counts, mending } = view;
  const of = doubts === undefined ? '' : ` of ${number(doubts)}`;
  const done = mending === undefined ? 0 : mending.mended + mending.failed;
  const parts = [
    `${count(records, 'record')} listed`,
    ...(examined > 0 ? [`${number(examined)}${of} read singly`] : []),
    count(requests, 'request'),
    count(differencesIn(counts), 'difference'),
    ...(mending && mending.restarted > 0 ? [`${number(done)} of ${count(mending.restarted, 'journey')} done`] : []),
  ];
  return `${phase}: ${parts.join(', ')}`;
}

/** A report that tells which of its examples are mended. */
export interface FollowedReport extends AuditReport {
  readonly examples: readonly FoundDifference[];
}

/** The report as JSON. */
export function documentOf({ workflowId, runId }: JourneyReference, report: FollowedReport) {
  return { workflowId, runId, isAllWell: report.differences === 0, ...redacted(report) };
}

interface Layout {
  readonly paint: Paint;
  readonly width: number | undefined;
  /** The file with all differences. */
  readonly out: string | undefined;
}

/** The report as text: yes or no, the counts, and the first differences of each class. */
export function reportLines(report: FollowedReport, { paint, width, out }: Layout): string[] {
  const shown = redacted(report);
  const { counts, differences, mending, startedAt, endedAt, requests, invoicesRead } = shown;
  const classes = auditClassNames.filter((name) => counts[name]);
  const rows = classes.map((name) => [name, number(counts[name] ?? 0), auditClasses[name]]);
  const found = differencesIn(counts);
  const seconds = Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
  return [
    paint('bold', paint(differences === 0 ? 'green' : 'red', headline(report))),
    `  audited ${startedAt}, ${count(requests, 'request')} to ChartMogul, ${duration(seconds)}`,
    ...changeLines(shown, paint),
    ...(invoicesRead === undefined
      ? []
      : [`  only the last ${count(invoicesRead, 'invoice')} were searched for trial line items`]),
    ...(rows.length === 0 ? [] : ['', ...table(['CLASS', 'LEADS', 'MEANING'], rows, { width, paint })]),
    ...(mending === undefined || found === 0 ? [] : ['', mendingLine(mending)]),
    ...classes.filter(isDifference).flatMap((name) => exampleLines(name, shown, paint)),
    ...(out === undefined ? [] : ['', found === 0 ? `${out} has no differences.` : `All differences are in ${out}.`]),
    ...(isRedacted(report) ? ['', 'Ids that are e-mail addresses are redacted; --out FILE has them.'] : []),
  ];
}

function headline({ counts, differences, leads = 0 }: AuditReport): string {
  const unknown = Math.min(counts.unknown ?? 0, differences); // an unknown record belongs to no lead that is counted
  const wrong = differences - unknown;
  const andUnknown = `${count(unknown, 'record')} ${unknown === 1 ? 'is' : 'are'} unknown`;
  if (wrong > 0) {
    const are = wrong === 1 ? 'is' : 'are';
    return `${number(wrong)} of ${count(leads, 'lead')} ${are} not right${unknown > 0 ? `, and ${andUnknown}` : ''}.`;
  }
  const all =
    leads === 0 ? 'There are no leads' : leads === 1 ? 'The 1 lead is right' : `All ${number(leads)} leads are right`;
  return `${all}${unknown > 0 ? `, but ${andUnknown}` : ''}.`;
}

function changeLines({ differences, before }: AuditReport, paint: Paint): string[] {
  if (before === undefined || (before === 0 && differences === 0)) return [];
  const change = differences - before;
  if (change === 0) return [`  as many differences as the audit before: ${number(before)}`];
  const more = `${number(Math.abs(change))} ${change > 0 ? 'more' : 'fewer'} than the audit before, which found ${number(before)}`;
  return [`  ${change > 0 ? paint('yellow', more) : more}`];
}

function mendingLine({ restarted, mended, failed }: NonNullable<AuditReport['mending']>): string {
  if (restarted === 0) return 'There was nothing that a journey can mend.';
  const left = failed === 0 ? '' : `, ${number(failed)} not: see customer-journey list --attention`;
  return `Restarted ${count(restarted, 'journey')}: ${number(mended)} mended${left}.`;
}

/** How many leads of a class are shown. */
const mostShown = 5;

function exampleLines(name: AuditClass, { counts, examples, mending }: FollowedReport, paint: Paint): string[] {
  const shown = examples.filter((example) => example.class === name).slice(0, mostShown);
  const more = (counts[name] ?? 0) - shown.length;
  return [
    '',
    paint('bold', `${name}: ${auditClasses[name]}`),
    ...(mending === undefined && isMendable(name) ? ['  customer-journey audit --fix mends these'] : []),
    ...shown.flatMap((example) => differenceLines(example)),
    ...(more > 0 ? [paint('dim', `  and ${number(more)} more; --out FILE has all`)] : []),
  ];
}

function differenceLines({ leadId, detail, uuid, expected, actual, command, isMended }: FoundDifference): string[] {
  const fields: (readonly [label: string, text: string | undefined])[] = [
    ['mended', isMended === undefined ? undefined : isMended ? 'yes' : 'no'],
    ['detail', detail],
    ['expected', expected && datesText(expected)],
    ['actual', actual && datesText(actual)],
    ['record', uuid],
    ['command', command],
  ];
  return [
    `  ${leadId}`,
    ...fields.flatMap(([label, text]) => (text === undefined ? [] : [`    ${label.padEnd(9)} ${text}`])),
  ];
}

function datesText({ leadCreatedAt, freeTrialStartedAt }: FunnelDates): string {
  return `lead ${leadCreatedAt ?? 'none'}, trial ${freeTrialStartedAt ?? 'none'}`;
}

function differencesIn(counts: AuditCounts): number {
  return auditClassNames.filter(isDifference).reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/**
 * Redacts e-mail addresses also in lead ids, which other commands show: an audit runs in cron and CI, whose logs many
 * people read, and it lists records that nobody reported.
 */
function redacted(report: FollowedReport): FollowedReport {
  const { examples, ...rest } = printable(redactEmails(report));
  return { ...rest, examples: examples.map((example) => ({ ...example, leadId: redactEmails(example.leadId) })) };
}

function isRedacted({ examples }: FollowedReport): boolean {
  return JSON.stringify(redactEmails(examples.map(Object.values))) !== JSON.stringify(examples.map(Object.values));
}
