import { startWorkerCommand, unpolledText } from '../journeys/workers.js';
import type { JourneyRecord, PendingRequest, ShownView } from './journey-record.js';
import { type Paint, wrapped } from './terminal.js';

/** One journey as text: its stage, attention and dates. All times are UTC. The Web UI has the history. */
export function journeyPage(record: JourneyRecord, paint: Paint, { url, width }: PageOptions = {}): string[] {
  const fields = (list: readonly Field[]) => fieldLines(list, width);
  return [
    `${paint('bold', `Lead ${record.leadId}`)}  ${paint('dim', record.workflowId)}`,
    ...(record.silence === undefined ? [] : [paint('yellow', `${record.silence} Shown from Temporal's records.`)]),
    '',
    ...fields(statusFields(record, paint)),
    ...fields(attention(record.view, paint)),
    ...fields(dates(record.view)),
    ...fields(record.view.notices?.map(({ code, text }) => ['notice', `${paint('yellow', code)}: ${text}`]) ?? []),
    ...fields([['Web UI', url ?? 'set TEMPORAL_UI_URL for a link']]),
  ];
}

export interface PageOptions {
  /** The link to the Web UI. */
  readonly url?: string | undefined;
  /** The width of the terminal, in columns. Default: lines are not wrapped. */
  readonly width?: number | undefined;
}

/** A label and its text. A field without a text is omitted. */
type Field = readonly [label: string, text: string | undefined];

function statusFields({ view, status, account, pending }: JourneyRecord, paint: Paint): Field[] {
  const isProven = view.stage === 'proven';
  return [
    ['stage', view.stage && (isProven ? paint('green', view.stage) : view.stage)],
    ['doing', status === 'RUNNING' ? view.doing : undefined],
    ['ended', status === 'RUNNING' ? undefined : ending(view, status)],
    ['attempt', pending && attempt(pending)],
    ['worker', pending?.isPolled === false ? missingWorker(pending, account, paint) : undefined],
    ['closed', view.closed],
  ];
}

/** Of a terminated or cancelled journey, also what it was doing. */
function ending({ doing }: ShownView, status: string): string {
  if (status === 'COMPLETED' && doing !== undefined) return doing;
  return `${status.toLowerCase()}${doing === undefined ? '' : `, while ${doing}`}`;
}

/** The retry state of a request, which only the server knows. */
function attempt({ attempt, maximumAttempts, isRunning, lastFailure, nextAttemptAt }: PendingRequest): string {
  return [
    `${attempt}${maximumAttempts > 0 ? ` of ${maximumAttempts}` : ''}${isRunning ? ', under way' : ''}`,
    ...(lastFailure === undefined ? [] : [`last: ${lastFailure}`]),
    ...(nextAttemptAt === undefined ? [] : [`next at ${nextAttemptAt}`]),
  ].join('; ');
}

function missingWorker({ taskQueue }: PendingRequest, account: string, paint: Paint): string {
  return `${paint('red', unpolledText([{ taskQueue }]))}: start one with \`${startWorkerCommand(account)}\``;
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
  const { corrections = {}, leadCreatedAt, trialStartedAt, paidAt, mergedAt, unmerged } = view;
  const corrected = (date: keyof typeof corrections) => {
    const correction = corrections[date];
    return correction ? `  (corrected: ${correction.note})` : '';
  };
  return [
    ['lead', `${leadCreatedAt ?? 'not reported'}${corrected('leadCreatedAt')}`],
    ['trial', `${trialStartedAt ?? 'none so far'}${corrected('trialStartedAt')}`],
    ['paid', `${paidAt ?? 'not yet'}${corrected('paidAt')}`],
    ['merged', mergedAt],
    ['unmerged', unmerged && `${unmerged.at}  (${unmerged.note})`],
    ['billing id', view.billingCustomerId],
    ['ChartMogul', view.customerUuid],
  ];
}

function fieldLines(list: readonly Field[], width = Number.POSITIVE_INFINITY): string[] {
  return list.flatMap(([label, text]) => {
    if (text === undefined) return [];
    return wrapped(text, width - 14).map((line, index) => `  ${(index === 0 ? label : '').padEnd(11)} ${line}`);
  });
}
