import type { Command } from 'commander';
import {
  type BillingCustomers,
  connectBillingCustomers,
  connectJourneys,
  type Journeys,
  type JourneysOptions,
} from '../journeys/index.js';
import { TemporalUnavailableError } from '../temporal/errors.js';
import type { Terminal } from './terminal.js';

/** Adds one command, or a group of them, to the program. */
export type AddCommands = (program: Command, terminal: Terminal) => void;

/** Whether `--json` was passed, before or after the command. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** Prints the result of a command: one JSON document, or lines of text. */
export function print(command: Command, terminal: Terminal, document: unknown, lines: readonly string[]): void {
  terminal.stdout.write(wantsJson(command) ? `${JSON.stringify(document)}\n` : `${lines.join('\n')}\n`);
}

type Options = Pick<JourneysOptions, 'priority' | 'timeout' | 'workerTimeout'>;

/** Runs a command's calls against the Temporal service that the environment configures. */
export function withJourneys<T>(terminal: Terminal, use: (journeys: Journeys) => Promise<T>, options: Options = {}) {
  return withConnected(connectJourneys(terminal.env, options), use);
}

/** The same for calls about billing customers. */
export function withCustomers<T>(
  terminal: Terminal,
  use: (customers: BillingCustomers) => Promise<T>,
  options: Options = {},
) {
  return withConnected(connectBillingCustomers(terminal.env, options), use);
}

async function withConnected<Connected extends Journeys | BillingCustomers, T>(
  connecting: Promise<Connected>,
  use: (connected: Connected) => Promise<T>,
): Promise<T> {
  const connected = await connecting.catch((error: unknown) => {
    if (!(error instanceof TemporalUnavailableError)) throw error;
    throw new TemporalUnavailableError(`${error.message} Nothing was done; it is safe to retry.`, { cause: error });
  });
  try {
    return await use(connected);
  } finally {
    await connected.client.connection.close();
  }
}
