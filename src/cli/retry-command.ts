import { Command } from 'commander';
import { attentionSentences } from '../domain/journey/attention.js';
import { isBillingAttentionCode } from '../journeys/billing-search.js';
import { JourneyNotFoundError, type Journeys } from '../journeys/index.js';
import { checkLead } from '../journeys/input.js';
import { isAttentionCode } from '../journeys/search.js';
import { type AddCommands, print, wantsJson, withJourneys } from './command.js';
import { UsageError } from './errors.js';
import { Progress, type Terminal } from './terminal.js';

interface RetryOptions {
  readonly attention?: string;
  readonly recreate?: boolean;
  readonly yes?: boolean;
}

/** `retry`: retries one journey, or all journeys with the same attention code, with a new set of attempts. */
export const addRetryCommand: AddCommands = (program, terminal) => {
  const command = new Command('retry')
    .description('retry now, with a new set of attempts')
    .argument('[LEAD]')
    .option(
      '--attention <code>',
      'retry all running journeys of the account with this attention code, instead of one LEAD',
    )
    .option('--recreate', 'recreate a lead record that was deleted in ChartMogul')
    .option('--yes', 'with --attention: do not prompt')
    .addHelpText(
      'after',
      '\nExamples:\n  customer-journey retry lead_1\n  customer-journey retry --attention unauthorized --yes\n',
    )
    .action(async (leadId: string | undefined, { attention, recreate = false, yes = false }: RetryOptions) => {
      if ((leadId === undefined) === (attention === undefined)) {
        throw new UsageError('Pass either one LEAD or --attention CODE.');
      }
      if (leadId !== undefined) {
        checkLead(leadId);
        await withJourneys(terminal, (journeys) => journeys.retry(leadId, { recreate }));
        print(command, terminal, { leadId, sent: 'retry' }, [`Retry sent to ${leadId}.`]);
      } else {
        await retryMany(command, terminal, { attention: attention ?? '', recreate, yes });
      }
    });
  program.addCommand(command);
};

async function retryMany(
  command: Command,
  terminal: Terminal,
  { attention, recreate, yes }: Required<RetryOptions>,
): Promise<void> {
  if (!isAttentionCode(attention)) throw new UsageError(unknownAttention(attention));
  const isAsked = !yes && !wantsJson(command) && terminal.confirm !== undefined;
  if (!yes && !isAsked) throw new UsageError('Cannot prompt: pass --yes to retry many journeys.');

  const counts = await withJourneys(terminal, async (journeys) => {
    const leadIds: string[] = [];
    // Collected first, because a retried journey leaves the list during iteration.
    for await (const journey of journeys.list({ attention })) leadIds.push(journey.leadId);
    const question = `Retry ${journeysOf(leadIds.length)} with attention ${attention}?`;
    if (isAsked && leadIds.length > 0 && !(await terminal.confirm?.(question))) return undefined;
    return signalAll(journeys, leadIds, { recreate }, new Progress(terminal.stderr));
  });
  if (!counts) print(command, terminal, { attention, retried: 0, ended: 0 }, ['Nothing was retried.']);
  else {
    const ended = counts.ended > 0 ? ` ${journeysOf(counts.ended)} ended meanwhile.` : '';
    print(command, terminal, { attention, ...counts }, [
      `Retry sent to ${journeysOf(counts.retried)} with attention ${attention}.${ended}`,
    ]);
  }
}

const signalsAtOnce = 10;

/** If Temporal becomes unavailable, the remaining signals are not sent; it is safe to run the command again. */
async function signalAll(
  journeys: Journeys,
  leadIds: readonly string[],
  request: { readonly recreate: boolean },
  progress: Progress,
): Promise<{ retried: number; ended: number }> {
  const counts = { retried: 0, ended: 0 };
  const waiting = leadIds.values();
  const sendOneByOne = async () => {
    for (const leadId of waiting) {
      try {
        await journeys.retry(leadId, request);
        counts.retried += 1;
      } catch (error) {
        if (!(error instanceof JourneyNotFoundError)) throw error;
        counts.ended += 1;
      }
      progress.update(`retried ${counts.retried + counts.ended} of ${leadIds.length}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: signalsAtOnce }, sendOneByOne));
  } finally {
    progress.end();
  }
  return counts;
}

function journeysOf(count: number): string {
  return count === 1 ? '1 journey' : `${count} journeys`;
}

/** The error message for a code that no journey can have. */
export function unknownAttention(code: string): string {
  if (isBillingAttentionCode(code)) {
    const fix =
      code === 'payment-unmatched' || code === 'trial-unmatched'
        ? 'List them with `customer-journey customers --unmatched`; link them with `customer-journey link`.'
        : 'List them with `customer-journey customers --attention`.';
    return `${code} applies to billing customers, not to journeys. ${fix}`;
  }
  return `Unknown attention code ${code}. Valid codes: ${Object.keys(attentionSentences).join(', ')}.`;
}
