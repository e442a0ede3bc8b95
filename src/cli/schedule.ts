import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import type { StringValue } from 'ms';
import { milliseconds } from '../domain/duration.js';
import type { WorkflowSchedule } from '../journeys/workflow-schedule.js';
import { duration } from '../runtime/config.js';
import { print, withJourneys } from './command.js';
import { UsageError } from './errors.js';
import type { Terminal } from './terminal.js';

/** What `--every` lets the workers do. */
export interface Scheduled {
  readonly schedule: (client: Client, account: string) => WorkflowSchedule;
  readonly shortest: StringValue;
  readonly longest: StringValue;
  /** The beginning of a sentence, which the interval ends: `The workers sweep Stripe`. */
  readonly text: string;
  /** What the workers need for it. */
  readonly needs?: string;
}

/** `--every`: creates, changes or, with "off", deletes a schedule. @throws UsageError */
export async function setSchedule(command: Command, terminal: Terminal, every: string, what: Scheduled): Promise<void> {
  const interval = every === 'off' ? undefined : durationOf('--every', every);
  if (interval !== undefined) {
    const ms = milliseconds(interval);
    if (ms < milliseconds(what.shortest) || ms > milliseconds(what.longest)) {
      throw new UsageError(`--every must be between ${what.shortest} and ${what.longest}, or "off".`);
    }
  }
  await withJourneys(terminal, async ({ client, account }) => {
    const schedule = what.schedule(client, account);
    const did = interval === undefined ? await schedule.remove() : await schedule.set(interval);
    const document = { scheduleId: schedule.id, did, ...(interval !== undefined && { every: interval }) };
    print(command, terminal, document, interval === undefined ? removedLines(document) : setLines(document, what));
  });
}

/** @throws UsageError */
export function durationOf(option: string, value: string): StringValue {
  const parsed = duration(value).safeParse(value);
  if (!parsed.success) throw new UsageError(`${option} must be a duration with a unit, for example 6h or 30d.`);
  return parsed.data;
}

interface Done {
  readonly scheduleId: string;
  readonly did: string;
  readonly every?: string;
}

function removedLines({ scheduleId, did }: Done): string[] {
  return [did === 'deleted' ? `Deleted the schedule ${scheduleId}.` : 'There is no schedule.'];
}

function setLines({ scheduleId, did, every }: Done, { text, needs }: Scheduled): string[] {
  return [
    `${text} every ${every} (schedule ${scheduleId}, ${did}).${needs === undefined ? '' : ` ${needs}`}`,
    `To start one now: temporal schedule trigger --schedule-id ${scheduleId}`,
  ];
}
