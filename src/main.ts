import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SourceMissingError } from './chartmogul/sources.js';
import { ConfigError } from './config.js';
import { TemporalConfigError, TemporalUnavailableError } from './temporal/connect.js';
import { SearchAttributesMissingError } from './temporal/search-attributes.js';

/** Exit codes of every command, after BSD's sysexits where those have a word for it. */
export const exitCodes = {
  ok: 0,
  /** The command ran, and its answer is bad news. */
  failed: 1,
  /** What was typed cannot be right; nothing was started. */
  usage: 2,
  /** Temporal cannot be reached; nothing was started, and it is safe to repeat. */
  temporaryFailure: 75,
  /** The environment is not usable. */
  config: 78,
} as const;

/** Whether a module is the program that was started, also through the link that npm puts on the PATH. */
export function isMain(moduleUrl: string): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}

/** Ends a command that threw: one clear line for what a person can mend, everything for a bug. */
export function exitWith(error: unknown): void {
  if (error instanceof TemporalUnavailableError) {
    fail(error.message, exitCodes.temporaryFailure);
  } else if (
    error instanceof ConfigError ||
    error instanceof TemporalConfigError ||
    error instanceof SearchAttributesMissingError ||
    error instanceof SourceMissingError
  ) {
    fail(error.message, exitCodes.config);
  } else {
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error), exitCodes.failed);
  }
}

function fail(message: string, exitCode: number): void {
  console.error(message);
  process.exitCode = exitCode;
}
