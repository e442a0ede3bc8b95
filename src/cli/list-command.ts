import { Command } from 'commander';
import { type Stage, stages } from '../journey/stage.js';
import { isAttentionCode } from '../starter/search.js';
import type { JourneyFilter, JourneySummary, Journeys } from '../starter.js';
import { type AddCommands, UsageError, wantsJson, withJourneys } from './command.js';
import { unknownAttention } from './retry-command.js';
import { type Paint, painter, type Stream, table } from './terminal.js';
import { printable } from './withhold.js';

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
    .option('--attention [code]', 'only those that need attention: any, or this one')
    .option('--stage <stage>', `only those in one stage: ${stages.join(', ')}`)
    .option('--all', 'closed ones too, as long as Temporal keeps them')
    .option('--limit <number>', 'at most so many', '50')
    .addHelpText(
      'after',
      '\nExamples:\n  customer-journey list --attention\n  customer-journey list --stage paid --limit 1000 --json\n',
    )
    .action(async (options: ListOptions) => {
      const filter = filterOf(options);
      const limit = limitOf(options.limit);
      await withJourneys(terminal, async (journeys) => {
        const listed = first(journeys, filter, limit);
        if (wantsJson(command)) await streamArray(listed, terminal.stdout);
        else await printTable(journeys, filter, listed, painter(terminal, terminal.stdout), terminal.stdout);
      });
    });
  program.addCommand(command);
};

/** @throws UsageError with every problem */
function filterOf({ attention, stage, all = false }: ListOptions): JourneyFilter {
  const problems: string[] = [];
  if (typeof attention === 'string' && !isAttentionCode(attention)) problems.push(unknownAttention(attention));
  if (stage !== undefined && !isStage(stage)) {
    problems.push(`There is no stage ${stage}. There are: ${stages.join(', ')}.`);
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    includeClosed: all,
    ...(attention !== undefined && (attention === true || isAttentionCode(attention)) && { attention }),
    ...(stage !== undefined && isStage(stage) && { stage }),
  };
}

function limitOf(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError('--limit must be a whole number from 1 to 9,999,999.');
  return Number(text);
}

function isStage(text: string): text is Stage {
  return stages.some((stage) => stage === text);
}

async function* first(journeys: Journeys, filter: JourneyFilter, limit: number): AsyncGenerator<JourneySummary> {
  let taken = 0;
  for await (const journey of journeys.list(filter)) {
    yield printable(journey);
    taken += 1;
    if (taken === limit) return;
  }
}

/** One array, written as it is read: a list may be long. */
async function streamArray(listed: AsyncIterable<JourneySummary>, stdout: Stream): Promise<void> {
  let before = '[';
  for await (const journey of listed) {
    stdout.write(`${before}${JSON.stringify(journey)}`);
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

/** One line a journey. Dates are days in UTC; `show` has the time. */
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

function day(instant: string | undefined): string {
  return instant?.slice(0, 10) ?? '-';
}
