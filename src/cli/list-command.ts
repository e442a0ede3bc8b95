import { Command } from 'commander';
import { type Stage, stages } from '../domain/journey/stage.js';
import { BillingCustomers, type JourneyFilter, type JourneySummary, type Journeys } from '../journeys/index.js';
import { isAttentionCode } from '../journeys/search.js';
import { type AddCommands, wantsJson, withJourneys } from './command.js';
import { UsageError } from './errors.js';
import { printable } from './redact.js';
import { unknownAttention } from './retry-command.js';
import { type Paint, painter, type Stream, table } from './terminal.js';

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
      '\nExamples:\n  customer-journey list --attention\n  customer-journey list --stage paid --limit 1000 --json\n',
    )
    .action(async (options: ListOptions) => {
      const filter = filterOf(options);
      const limit = limitOf(options.limit);
      await withJourneys(terminal, async (journeys) => {
        const listed = first(journeys.list(filter), limit);
        if (wantsJson(command)) await streamArray(listed, terminal.stdout);
        else {
          const paint = painter(terminal, terminal.stdout);
          await printTable(journeys, filter, listed, paint, terminal.stdout);
          if (filter.attention === true) await printBillingAttention(journeys, paint, terminal.stdout);
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

/** Streams one JSON array, since a list may be long. */
export async function streamArray(listed: AsyncIterable<unknown>, stdout: Stream): Promise<void> {
  let before = '[';
  for await (const item of listed) {
    stdout.write(`${before}${JSON.stringify(item)}`);
    before = ',\n';
  }
  stdout.write(before === '[' ? '[]\n' : ']\n');
}

async function printTable(
  journeys: Journeys,
  filter: JourneyFilter,
  listed: AsyncIterable<JourneySummary>,
  paint: Paint,
  stdout: Stream,
): Promise<void> {
  const rows: JourneySummary[] = [];
  for await (const journey of listed) rows.push(journey);
  if (rows.length === 0) {
    stdout.write('No journeys.\n');
    return;
  }
  const lines = journeyTable(rows, { withStatus: filter.includeClosed === true });
  const more = (await journeys.count(filter)) - rows.length;
  const [titles = '', ...others] = lines;
  stdout.write(`${[paint('bold', titles), ...others].join('\n')}\n`);
  if (more > 0) stdout.write(`${paint('dim', `and ${more} more; see --limit`)}\n`);
}

/** Billing customers are no journeys but need attention too. */
async function printBillingAttention({ client, account }: Journeys, paint: Paint, stdout: Stream): Promise<void> {
  const customers = new BillingCustomers({ client, account });
  const print = (line: string) => stdout.write(`${paint('red', line)}\n`);

  const unmatched = await customers.count({ attention: 'payment-unmatched' });
  const paying = unmatched === 1 ? '1 paying billing customer has' : `${unmatched} paying billing customers have`;
  if (unmatched > 0) print(`${paying} no lead; see customer-journey customers --unmatched`);

  const trials = await customers.count({ attention: 'trial-unmatched' });
  const trying = trials === 1 ? '1 billing customer in a trial has' : `${trials} billing customers in a trial have`;
  if (trials > 0) print(`${trying} no lead; see customer-journey customers --unmatched`);

  const conflicts = await customers.count({ attention: 'lead-conflict' });
  const named = conflicts === 1 ? '1 billing customer has' : `${conflicts} billing customers have`;
  if (conflicts > 0) print(`${named} conflicting leads; see customer-journey customers --attention`);

  const unreachable = await customers.count({ attention: 'journey-unreachable' });
  const telling = unreachable === 1 ? '1 billing customer' : `${unreachable} billing customers`;
  if (unreachable > 0) print(`${telling} cannot notify a journey; see customer-journey customers --attention`);
}

/** One line per journey. Dates are days in UTC; `show` prints the time. */
export function journeyTable(rows: readonly JourneySummary[], { withStatus = false } = {}): string[] {
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
  return table(titles, cells);
}

/** Dates are days in UTC. */
export function day(instant: string | undefined): string {
  return instant?.slice(0, 10) ?? '-';
}
