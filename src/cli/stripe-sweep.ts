import type { Command } from 'commander';
import { milliseconds } from '../domain/duration.js';
import { formatInstant } from '../domain/journey/instant.js';
import { stripeSweepSchedule } from '../journeys/workflow-schedule.js';
import { exitCodes } from '../runtime/exit-codes.js';
import { stripeSweepConfig } from '../runtime/stripe-config.js';
import { StripeApi } from '../stripe/api.js';
import { readingOptions } from '../stripe/reading-options.js';
import {
  type MissingEvent,
  type SweepFound,
  type SweepProgress,
  sweepStripe,
  totalOf,
  withoutReporting,
} from '../stripe/sweep.js';
import { slicesOf } from '../stripe/sweep-plan.js';
import { count, number } from './amounts.js';
import { print, withCustomers } from './command.js';
import { EndWith, UsageError } from './errors.js';
import { printable, redactEmails } from './redact.js';
import { durationOf, type Scheduled, setSchedule } from './schedule.js';
import { type Paint, Progress, painter, type Terminal, table } from './terminal.js';

export interface SweepOptions {
  readonly since?: string;
  readonly dryRun?: boolean;
  readonly every?: string;
}

interface Call {
  readonly command: Command;
  readonly terminal: Terminal;
  readonly options: SweepOptions;
  readonly signal: AbortSignal;
}

const scheduled: Scheduled = {
  schedule: stripeSweepSchedule,
  shortest: '1 minute',
  longest: '29 days', // workers look back at most 30
  text: 'The workers sweep Stripe',
  needs: 'They need STRIPE_API_KEY.',
};

export async function sweep(call: Call): Promise<void> {
  const { command, terminal, options } = call;
  const { since, dryRun, every } = options;
  if (every === undefined) await sweepNow(call);
  else if (since === undefined && dryRun === undefined) await setSchedule(command, terminal, every, scheduled);
  else throw new UsageError('--every takes neither --since nor --dry-run: each sweep continues the one before.');
}

async function sweepNow({ command, terminal, options, signal }: Call): Promise<void> {
  const { dryRun: isDryRun = false, since: lookBack = '30d' } = options;
  const now = Date.now();
  const since = formatInstant(new Date(now - milliseconds(durationOf('--since', lookBack))));
  const config = stripeSweepConfig(terminal.env);
  const slices = slicesOf(since, formatInstant(new Date(now)));
  const progress = new Progress(terminal.stderr);
  const onProgress = (state: SweepProgress) => progress.update(progressLine(state, slices.length));
  const found = await withCustomers(terminal, (customers) =>
    sweepStripe({
      api: new StripeApi(config.api, signal),
      customers: isDryRun ? withoutReporting(customers) : customers,
      reading: () => readingOptions(config.reading, customers.account),
      slices,
      onProgress,
    }),
  ).finally(() => progress.end());
  const document = printable(redactEmails({ since, isDryRun, ...totals(found), ...found }));
  print(
    command,
    terminal,
    document,
    resultLines(document, painter(terminal, terminal.stdout), terminal.stdout.columns),
  );
  if (found.unreadable.length > 0) throw new EndWith(exitCodes.failed);
}

function progressLine({ slices, events, found }: SweepProgress, all: number): string {
  return `${number(slices)} of ${count(all, 'day')}, ${count(events, 'event')}, ${number(totalOf(found, 'missing'))} missing`;
}

function totals(found: SweepFound) {
  const customers = new Set(found.missing.map(({ billingCustomerId }) => billingCustomerId)).size;
  return { known: totalOf(found, 'known'), customersWithMissing: customers };
}

type Document = SweepFound & ReturnType<typeof totals> & { readonly since: string; readonly isDryRun: boolean };

function resultLines(document: Document, paint: Paint, width: number | undefined): string[] {
  const { since, isDryRun, events, byType, missing, unreadable, customersWithMissing: customers } = document;
  const layout = { width, paint };
  const types = Object.entries(byType).sort(([a], [b]) => (a < b ? -1 : 1));
  const counts = types.map(([type, { known, missing, ignored, unreadable }]) => [
    type,
    ...[known, missing, ignored, unreadable].map(number),
  ]);
  const were = isDryRun ? 'would be reported' : missing.length === 1 ? 'was reported' : 'were reported';
  return [
    paint('bold', `Stripe since ${since}: ${count(events, 'event')}`),
    ...(events === 0 ? [] : table(['TYPE', 'KNOWN', 'MISSING', 'WITHOUT FACTS', 'UNREADABLE'], counts, layout)),
    '',
    ...(missing.length === 0
      ? ['Nothing is missing.']
      : [
          `${count(missing.length, 'missing event')} of ${count(customers, 'customer')} ${were}:`,
          ...table(['CUSTOMER', 'CREATED', 'TYPE', 'FACTS', 'ID'], missing.map(missingCells), layout),
        ]),
    ...(unreadable.length === 0
      ? []
      : [
          '',
          paint('red', `${count(unreadable.length, 'event')} cannot be read:`),
          ...unreadable.map(({ id, type, problems }) => {
            const reasons = problems.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
            return `  ${id} (${type}): ${reasons}`;
          }),
        ]),
  ];
}

function missingCells({ billingCustomerId, created, type, report, id }: MissingEvent): string[] {
  const { paidAt, trialStartedAt, link, suggestedLeadId, begins } = report;
  const facts = [
    ...(paidAt === undefined ? [] : ['payment']),
    ...(trialStartedAt === undefined ? [] : ['trial']),
    ...(link === undefined ? [] : [`lead ${link.leadId}`]),
    ...(suggestedLeadId === undefined ? [] : [`suggested lead ${suggestedLeadId}`]),
    ...(begins ? ['start'] : []),
  ];
  return [billingCustomerId, created, type, facts.join(', '), id];
}
