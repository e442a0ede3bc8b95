import type { JourneyRecord, PendingRequest, ShownView } from './journey-record.js';
import type { Paint } from './terminal.js';
import type { TimelineEntry } from './timeline.js';

/** One journey for a person: where it stands, its dates, and its story. All times are UTC. */
export function journeyPage(record: JourneyRecord, paint: Paint, url?: string): string[] {
  return [
    `${paint('bold', `Lead ${record.leadId}`)}  ${paint('dim', record.workflowId)}`,
    ...(record.silence === undefined ? [] : [paint('yellow', `${record.silence} Shown from Temporal's records.`)]),
    '',
    ...fields(whereItStands(record, paint)),
    ...fields(attention(record.view, paint)),
    ...fields(dates(record.view)),
    ...fields(record.view.notices?.map(({ code, text }) => ['notice', `${paint('yellow', code)}: ${text}`]) ?? []),
    ...fields([['Web UI', url ?? 'set TEMPORAL_UI_URL for a link']]),
    '',
    ...(record.isWhole ? [] : ['(Temporal has forgotten the earlier runs of this journey.)']),
    ...record.timeline.map((entry) => timelineLine(entry, paint)),
  ];
}

/** A label and what it says; without anything to say there is no line. */
type Field = readonly [label: string, text: string | undefined];

function whereItStands({ view, status, pending }: JourneyRecord, paint: Paint): Field[] {
  const isProven = view.stage === 'proven';
  return [
    ['stage', view.stage && (isProven ? paint('green', view.stage) : view.stage)],
    ['doing', status === 'RUNNING' ? view.doing : undefined],
    ['ended', status === 'RUNNING' ? undefined : ending(view, status)],
    ['attempt', pending && attempt(pending)],
    ['closed', view.closed],
  ];
}

/** A journey that was terminated or cancelled ended in the middle of something. */
function ending({ doing }: ShownView, status: string): string {
  if (status === 'COMPLETED' && doing !== undefined) return doing;
  return `${status.toLowerCase()}${doing === undefined ? '' : `, while ${doing}`}`;
}

/** Only the server knows this of a request whose attempts it makes. */
function attempt({ attempt, maximumAttempts, isRunning, lastFailure, nextAttemptAt }: PendingRequest): string {
  return [
    `${attempt}${maximumAttempts > 0 ? ` of ${maximumAttempts}` : ''}${isRunning ? ', under way' : ''}`,
    ...(lastFailure === undefined ? [] : [`last: ${lastFailure}`]),
    ...(nextAttemptAt === undefined ? [] : [`next at ${nextAttemptAt}`]),
  ].join('; ');
}

function attention({ attention: raised }: ShownView, paint: Paint): Field[] {
  if (!raised) return [];
  const { code, since, text, step, detail, status, nextTryAt } = raised;
  const last = detail ?? (status === undefined ? undefined : `status ${status}`);
  return [
    ['attention', `${paint('red', code)}${since === undefined ? '' : ` since ${since}`}`],
    ['', text],
    ['', step && last && `${step}: ${last}`],
    ['next try', nextTryAt],
  ];
}

function dates(view: ShownView): Field[] {
  const { corrections = {}, leadCreatedAt, trialStartedAt, paidAt, mergedAt } = view;
  const corrected = (date: keyof typeof corrections) => {
    const correction = corrections[date];
    return correction ? `  (corrected: ${correction.note})` : '';
  };
  return [
    ['lead', `${leadCreatedAt ?? 'not reported'}${corrected('leadCreatedAt')}`],
    ['trial', `${trialStartedAt ?? 'none so far'}${corrected('trialStartedAt')}`],
    ['paid', `${paidAt ?? 'not so far'}${corrected('paidAt')}`],
    ['merged', mergedAt],
    ['billing id', view.billingCustomerId],
    ['ChartMogul', view.customerUuid],
  ];
}

function fields(list: readonly Field[]): string[] {
  return list.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(11)} ${text}`]));
}

function timelineLine(entry: TimelineEntry, paint: Paint): string {
  const { at, kind, text, isGood } = entry;
  const tone = isGood === undefined ? undefined : isGood ? 'green' : 'red';
  const shown = kind === 'operator' || kind === 'report' ? paint('bold', text) : text;
  const outcome = outcomeOf(entry);
  const coloured = (words: string) => (tone ? paint(tone, words) : words);
  const line = outcome === undefined ? coloured(shown) : `${shown} ${paint('dim', '→')} ${coloured(outcome)}`;
  return `${paint('dim', at.replace('T', ' ').replace('Z', ''))}  ${line}`;
}

function outcomeOf({ kind, outcome, attempts, at, until, times }: TimelineEntry): string | undefined {
  if (times !== undefined) return `${times} such tries in a row until ${until}`;
  if (kind === 'pause') return outcome ?? `until ${until}`;
  if (kind !== 'request') return outcome;
  if (outcome === undefined) return 'under way';
  const seconds = until === undefined ? 0 : Math.round((Date.parse(until) - Date.parse(at)) / 1000);
  const effort = [attempts !== undefined && attempts > 1 && `${attempts} attempts`, seconds > 1 && duration(seconds)];
  const shown = effort.filter((part) => part !== false);
  return shown.length === 0 ? outcome : `${outcome} (${shown.join(', ')})`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
