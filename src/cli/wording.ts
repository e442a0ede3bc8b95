import type { StepName } from '../domain/journey/attention.js';
import type { Instant } from '../domain/journey/instant.js';
import { type Parsed, parseReport, parseReports, type Report } from '../domain/journey/reports.js';
import type { TimelineEntry } from './timeline.js';

type Wording = Pick<TimelineEntry, 'kind' | 'text'> & Partial<TimelineEntry>;

/** What was said to a journey, by an application or by an operator. Anything may have been sent. */
export function describeMessage(
  { name, input }: { readonly name: string; readonly input: unknown },
  at: Instant,
  { withProfile = false } = {},
): Wording {
  switch (name) {
    case 'leadCreated':
    case 'trialStarted':
    case 'paymentSucceeded':
      return describeReports(name, single(parseReport(name, input, Date.parse(at))), withProfile);
    case 'reported':
      return describeReports(name, parseReports(input, Date.parse(at)), withProfile);
    case 'payerHint':
      return { kind: 'report', text: 'hint: the paying customer may be visible now' };
    case 'retry':
      return { kind: 'operator', text: `retry${field(input, 'recreate') === 'true' ? ' --recreate' : ''}` };
    case 'correct':
      return {
        kind: 'operator',
        text: `correct ${field(input, 'date')} to ${field(input, 'to')}: ${field(input, 'note')}`,
      };
    case 'relink':
      return { kind: 'operator', text: `relink to ${field(input, 'billingCustomerId')}: ${field(input, 'note')}` };
    case 'withdraw':
      return {
        kind: 'operator',
        text: `billing customer ${field(input, 'billingCustomerId')} is another lead: ${field(input, 'note')}`,
      };
    case 'close':
      return { kind: 'operator', text: `close: ${field(input, 'note')}` };
    default:
      return { kind: 'operator', text: `unknown message ${name}, dropped`, isGood: false };
  }
}

function describeReports(name: string, parsed: Parsed<readonly Report[]>, withProfile: boolean): Wording {
  if (!parsed.ok) {
    const reasons = parsed.problems.map(({ pointer, message }) => `${pointer.slice(1) || 'it'} ${message}`).join('; ');
    const text = name === 'reported' ? 'several reports' : `report ${name}`;
    return { kind: 'report', text, outcome: `not taken: ${reasons}`, isGood: false };
  }
  const profile = parsed.value.flatMap((report) => Object.entries(report.profile ?? {}));
  const fields = new Set(profile.map(([field, value]) => (withProfile ? `${field} ${value}` : field)));
  const also = fields.size > 0 ? `, with ${[...fields].join(', ')}` : '';
  return { kind: 'report', text: `reported: ${parsed.value.map(whatIsReported).join('; ')}${also}` };
}

function single(parsed: Parsed<Report>): Parsed<readonly Report[]> {
  return parsed.ok ? { ok: true, value: [parsed.value] } : parsed;
}

function whatIsReported(report: Report): string {
  switch (report.kind) {
    case 'leadCreated':
      return `lead created ${report.occurredAt}`;
    case 'trialStarted': {
      const { billingCustomerId } = report;
      return `trial started ${report.occurredAt}${billingCustomerId === undefined ? '' : `, billing customer ${billingCustomerId}`}`;
    }
    case 'paymentSucceeded':
      return `paid ${report.occurredAt}, billing customer ${report.billingCustomerId ?? 'named by the lead id'}`;
  }
}

/** What a request brought. The answers are those of `activities/`. */
export function describeResult(activity: string, result: unknown): Pick<TimelineEntry, 'outcome' | 'isGood'> {
  if (result === 'exists') return { outcome: 'exists already' };
  if (result === 'none') return { outcome: 'none there' };
  if (result === 'gone') return { outcome: 'it is not there any more', isGood: false };
  if (result === 'accepted') return { outcome: 'accepted', isGood: true };
  const status = field(result, 'status');
  if (status !== '?') return { outcome: `refused with ${status}`, isGood: false };
  const verb = verbs.find(([step]) => step === activity)?.[1];
  return { outcome: verb === undefined ? 'answered' : `${verb} ${field(result, 'uuid')}`, isGood: true };
}

const verbs: readonly (readonly [StepName, string])[] = [
  ['createLead', 'made'],
  ['findLead', 'found'],
  ['writeDates', 'written to'],
  ['findPayingCustomer', 'found'],
  ['confirmMerge', 'merged into'],
];

/** One field of something that came as JSON. */
function field(value: unknown, name: string): string {
  const found = typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name) : [];
  return found?.[1] === undefined ? '?' : String(found[1]);
}
