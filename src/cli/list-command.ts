import { Command } from 'commander';
import { type Stage, stages } from '../domain/journey/stage.js';
import { Audits } from '../journeys/audits.js';
import { BillingCustomers, type JourneyFilter, type JourneySummary, type Journeys } from '../journeys/index.js';
import { isAttentionCode, visibilityQuery } from '../journeys/search.js';
import { startWorkerCommand, type UnpolledQueue, unpolledQueues, unpolledText } from '../journeys/workers.js';
import { listUrl } from '../temporal/web-ui.js';
import { type AddCommands, wantsJson, withJourneys } from './command.js';
import { UsageError } from './errors.js';
import { printable } from './redact.js';
import { unknownAttention } from './retry-command.js';
import { type Paint, painter, type Stream, type TableLayout, table } from './terminal.js';

interface ListOptions {
  readonly attention?: string | true;
  readonly stage?: string;
  readonly all?: boolean;
  readonly limit: string;
}

/** `list`: the journeys of the account, from Temporal's records. */
export const addListCommand: AddCommands = (program, terminal) => {
  const command = new Command('list')
    .description("list running journeys, newest first, from Temporal's records (which may be seconds behind)")
    .option('--attention [code]', 'only journeys that need attention, or only those with this attention code')
    .option('--stage <stage>', `only journeys in this stage: ${stages.join(', ')}`)
    .option('--all', 'include closed journeys, for as long as Temporal retains them')
    .option('--limit <number>', 'the maximum number of journeys', '50')
    .addHelpText(
      'after',
      '\nWith --attention alone, also counts billing customers that need attention and names task queues that no worker\n' +
        'polls, and says if the last audit found more differences; with --json, it prints { unmatchedCustomers,\n' +
        'unmatchedTrials, conflictingCustomers, customersNotNotified, unpolledQueues, auditDifferences, journeys }\n' +
        'instead of an array.\n' +
        '\nExamples:\n  customer-journey list --attention\n  customer-journey list --stage paid --limit 1000 --json\n',
    )
    .action(async (options: ListOptions) => {
      const filter = filterOf(options);
      const limit = limitOf(options.limit);
      await withJourneys(terminal, async (journeys) => {
        const listed = first(journeys.list(filter), limit);
        const rest = filter.attention === true ? await otherAttention(journeys) : undefined;
        if (wantsJson(command)) await printJson(listed, rest, terminal.stdout);
        else {
          const paint = painter(terminal, terminal.stdout);
          await printTable(journeys, { filter, limit }, listed, paint, terminal.stdout);
          // For people: in a pipe, every line is a journey.
          const url = terminal.stdout.isTTY && listUrl(terminal.env, visibilityQuery(journeys.account, filter));
          if (url) terminal.stdout.write(`${paint('dim', `Web UI ${url}`)}\n`);
          if (rest) for (const line of otherLines(rest, journeys)) terminal.stdout.write(`${paint('red', line)}\n`);
        }
      });
    });
  program.addCommand(command);
};

/** @throws UsageError with every problem */
function filterOf({ attention, stage, all = false }: ListOptions): JourneyFilter {
  const problems: string[] = [];
  if (typeof attention === 'string' && !isAttentionCode(attention)) problems.push(unknownAttention(attention));
  if (stage !== undefined && !isStage(stage)) {
    problems.push(`Unknown stage ${stage}. Valid stages: ${stages.join(', ')}.`);
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    includeClosed: all,
    ...(attention !== undefined && (attention === true || isAttentionCode(attention)) && { attention }),
    ...(stage !== undefined && isStage(stage) && { stage }),
  };
}

export function limitOf(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError('--limit must be a whole number from 1 to 9,999,999.');
  return Number(text);
}

function isStage(text: string): text is Stage {
  return stages.some((stage) => stage === text);
}

/** The first `limit` items of a list, without control characters. */
export async function* first<T>(list: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let taken = 0;
  for await (const item of list) {
    yield printable(item);
    taken += 1;
    if (taken === limit) return;
  }
}

/** Why a list is empty: there may be ended journeys, which it leaves out. */
async function noJourneys(journeys: Journeys, filter: JourneyFilter): Promise<string> {
  if (filter.attention !== undefined) return 'No journey needs attention.';
  const ended = filter.includeClosed ? 0 : await journeys.count({ ...filter, includeClosed: true });
  return ended === 0 ? 'No journeys.' : `No running journeys; ${ended} ended (list --all).`;
}

/** What needs attention and belongs to no journey of the list. */
interface OtherAttention {
  /** Paying billing customers without a lead. */
  readonly unmatchedCustomers: number;
  /** Billing customers with a trial, but without a payment and a lead. */
  readonly unmatchedTrials: number;
  /** Billing customers for which events name another lead than the notified one. */
  readonly conflictingCustomers: number;
  /** Billing customers whose lead's journey cannot be notified. */
  readonly customersNotNotified: number;
  /** Task queues that no worker polls, and how many journeys wait in each. */
  readonly unpolledQueues: readonly UnpolledQueue[];
  /** The last audit found more differences than the one before. */
  readonly auditDifferences: boolean;
}

async function otherAttention({ client, account }: Journeys): Promise<OtherAttention> {
  const customers = new BillingCustomers({ client, account });
  const [unmatchedCustomers, unmatchedTrials, conflictingCustomers, customersNotNotified] = await Promise.all([
    customers.count({ attention: 'payment-unmatched' }),
    customers.count({ attention: 'trial-unmatched' }),
    customers.count({ attention: 'lead-conflict' }),
    customers.count({ attention: 'journey-unreachable' }),
  ]);
  const [unpolled, { last }] = await Promise.all([
    unpolledQueues(client, [account]),
    new Audits({ client, account }).last(),
  ]);
  return {
    unmatchedCustomers,
    unmatchedTrials,
    conflictingCustomers,
    customersNotNotified,
    unpolledQueues: unpolled,
    auditDifferences: last?.needsAttention ?? false,
  };
}

/** With `--attention`, an object that holds the list; else the list. */
async function printJson(
  listed: AsyncIterable<JourneySummary>,
  rest: OtherAttention | undefined,
  stdout: Stream,
): Promise<void> {
  if (rest === undefined) return streamArray(listed, stdout);
  stdout.write(`${JSON.stringify(rest).slice(0, -1)},"journeys":`);
  await streamArray(listed, stdout, ']}\n');
}

function otherLines(attention: OtherAttention, { account }: Journeys): string[] {
  const { unmatchedCustomers: unmatched, unmatchedTrials: trials, conflictingCustomers: conflicts } = attention;
  const { customersNotNotified: notNotified, unpolledQueues: unpolled } = attention;
  const paying = unmatched === 1 ? '1 paying billing customer has' : `${unmatched} paying billing customers have`;
  const trying = trials === 1 ? '1 billing customer in a trial has' : `${trials} billing customers in a trial have`;
  const named = conflicts === 1 ? '1 billing customer has' : `${conflicts} billing customers have`;
  const notifying = notNotified === 1 ? '1 billing customer' : `${notNotified} billing customers`;
  return [
    ...(unmatched > 0 ? [`${paying} no lead; see customer-journey customers --unmatched`] : []),
    ...(trials > 0 ? [`${trying} no lead; see customer-journey customers --unmatched`] : []),
    ...(conflicts > 0 ? [`${named} conflicting leads; see customer-journey customers --attention`] : []),
    ...(notNotified > 0 ? [`${notifying} cannot notify a journey; see customer-journey customers --attention`] : []),
    ...(attention.auditDifferences
      ? ['The last audit found more differences than the one before; see customer-journey audit --last']
      : []),
    ...unpolled.map((queue) => unpolledLine(queue, account)),
  ];
}

function unpolledLine(queue: UnpolledQueue, account: string): string {
  const { holds, waiting, missing } = queue;
  const journeys = waiting === 1 ? '1 journey' : `${waiting} journeys`;
  const whose = holds === 'requests' ? `account ${account}` : 'all accounts';
  const waits = waiting > 0 ? ` and ${journeys} of ${whose} ${waiting === 1 ? 'waits' : 'wait'}` : '';
  const remedy = missing === undefined ? `start one with ${startWorkerCommand(account)}` : `start ${missing}`;
  return `${unpolledText([queue])}${waits}; ${remedy}`;
}

/** Streams one JSON array, since a list may be long. */
export async function streamArray(listed: AsyncIterable<unknown>, stdout: Stream, end = ']\n'): Promise<void> {
  let before = '[';
  for await (const item of listed) {
    stdout.write(`${before}${JSON.stringify(item)}`);
    before = ',\n';
  }
  stdout.write(before === '[' ? `[${end}` : end);
}

async function printTable(
  journeys: Journeys,
  { filter, limit }: { readonly filter: JourneyFilter; readonly limit: number },
  listed: AsyncIterable<JourneySummary>,
  paint: Paint,
  stdout: Stream,
): Promise<void> {
  const rows: JourneySummary[] = [];
  for await (const journey of listed) rows.push(journey);
  if (rows.length === 0) {
    stdout.write(`${await noJourneys(journeys, filter)}\n`);
    return;
  }
  const lines = journeyTable(rows, { withStatus: filter.includeClosed === true, width: stdout.columns, paint });
  stdout.write(`${lines.join('\n')}\n`);
  const more = rows.length < limit ? 0 : (await journeys.count(filter)) - rows.length;
  const text = filter.includeClosed ? `and up to ${more} more` : `and ${more} more`;
  if (more > 0) stdout.write(`${paint('dim', `${text}; see --limit`)}\n`);
}

/** One line per journey, or a few on a narrow terminal. Dates are days in UTC; `show` prints the time. */
export function journeyTable(
  rows: readonly JourneySummary[],
  { withStatus = false, ...layout }: TableLayout & { readonly withStatus?: boolean } = {},
): string[] {
  const titles = [
    'LEAD',
    'STAGE',
    'ATTENTION',
    'LEAD DATE',
    'TRIAL',
    'PAID',
    'STARTED',
    ...(withStatus ? ['STATUS'] : []),
  ];
  const cells = rows.map((row) => [
    row.leadId,
    row.stage ?? '-',
    row.attention ?? '-',
    day(row.leadCreatedAt),
    day(row.trialStartedAt),
    day(row.paidAt),
    row.startedAt.slice(0, 16).replace('T', ' '),
    ...(withStatus ? [row.status.toLowerCase()] : []),
  ]);
  return table(titles, cells, layout);
}

/** Dates are days in UTC. */
export function day(instant: string | undefined): string {
  return instant?.slice(0, 10) ?? '-';
}
