import type { Command } from 'commander';
import type { StringValue } from 'ms';
import { milliseconds } from '../domain/duration.js';
import { formatInstant } from '../domain/journey/instant.js';
import { StripeSweepSchedule } from '../journeys/stripe-sweep-schedule.js';
import { duration } from '../runtime/config.js';
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

/** Workers look back at most 30 days, so the interval must be shorter. */
const longestInterval = '29 days';
const shortestInterval = '1 minute';

export async function sweep(call: Call): Promise<void> {
  const { since, dryRun, every } = call.options;
  if (every === undefined) await sweepNow(call);
  else if (since === undefined && dryRun === undefined) await schedule(call, every);
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

async function schedule({ command, terminal }: Call, every: string): Promise<void> {
  const interval = every === 'off' ? undefined : durationOf('--every', every);
  if (interval !== undefined) {
    const ms = milliseconds(interval);
    if (ms < milliseconds(shortestInterval) || ms > milliseconds(longestInterval)) {
      throw new UsageError(`--every must be between ${shortestInterval} and ${longestInterval}, or "off".`);
    }
  }
  await withCustomers(terminal, async ({ client, account }) => {
    const sweeps = new StripeSweepSchedule(client, account);
    const did = interval === undefined ? await sweeps.remove() : await sweeps.set(interval);
    const document = { scheduleId: sweeps.id, did, ...(interval !== undefined && { every: interval }) };
    print(command, terminal, document, scheduleLines(document));
  });
}

/** @throws UsageError */
function durationOf(option: string, value: string): StringValue {
  const parsed = duration(value).safeParse(value);
  if (!parsed.success) throw new UsageError(`${option} must be a duration with a unit, for example 6h or 30d.`);
  return parsed.data;
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

function scheduleLines({ scheduleId, did, every }: { scheduleId: string; did: string; every?: string }): string[] {
  if (every === undefined) return [did === 'deleted' ? `Deleted the schedule ${scheduleId}.` : 'There is no schedule.'];
  return [
    `The workers sweep Stripe every ${every} (schedule ${scheduleId}, ${did}). They need STRIPE_API_KEY.`,
    `To start a sweep now: temporal schedule trigger --schedule-id ${scheduleId}`,
  ];
}
