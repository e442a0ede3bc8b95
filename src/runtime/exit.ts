import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SourceMissingError } from '../chartmogul/sources.js';
import { ConfigError } from './config.js';
import type { Problem } from '../domain/journey/reports.js';
import { InvalidInputError, JourneyNotFoundError, JourneyRefusedError, NoWorkerError } from '../journeys/errors.js';
import { TemporalConfigError, TemporalUnavailableError } from '../temporal/connect.js';
import { SearchAttributesMissingError } from '../temporal/search-attributes.js';

/** Of this package. */
export const version = versionOf(new URL('../../package.json', import.meta.url));

/** Exit codes of every command, after BSD's sysexits where those have a word for it. */
export const exitCodes = {
  ok: 0,
  /** The command ran, and its answer is bad news. */
  failed: 1,
  /** What was asked cannot be right, or the journey refuses it; nothing was started or changed. */
  usage: 2,
  /** Temporal cannot be reached, or no worker answers; it is safe to repeat. */
  temporaryFailure: 75,
  /** The environment is not usable. */
  config: 78,
  /** Stopped with Ctrl-C, in the words of every shell. */
  interrupted: 130,
} as const;

/** What a command says of an error, to a person and to a machine. */
export interface Failure {
  readonly exitCode: number;
  /** Stable, for machines. */
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly Problem[];
}

/** One clear line for what a person can mend, everything for a bug. */
export function failureOf(error: unknown): Failure {
  const known = knownFailures.find(({ type }) => error instanceof type);
  if (known && error instanceof Error) {
    const { exitCode, code } = known;
    const problems = error instanceof InvalidInputError && { problems: error.problems };
    return { exitCode, code, message: error.message, ...problems };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: exitCodes.failed, code: 'failed', message };
}

const knownFailures = [
  { type: InvalidInputError, code: 'invalid-input', exitCode: exitCodes.usage },
  { type: JourneyRefusedError, code: 'refused', exitCode: exitCodes.usage },
  { type: JourneyNotFoundError, code: 'not-found', exitCode: exitCodes.failed },
  { type: TemporalUnavailableError, code: 'temporal-unavailable', exitCode: exitCodes.temporaryFailure },
  { type: NoWorkerError, code: 'no-worker', exitCode: exitCodes.temporaryFailure },
  { type: ConfigError, code: 'config', exitCode: exitCodes.config },
  { type: TemporalConfigError, code: 'config', exitCode: exitCodes.config },
  { type: SearchAttributesMissingError, code: 'config', exitCode: exitCodes.config },
  { type: SourceMissingError, code: 'config', exitCode: exitCodes.config },
] as const;

/** Ends a program that threw, with the exit code that fits. */
export function exitWith(error: unknown): void {
  const { message, exitCode } = failureOf(error);
  console.error(message);
  process.exitCode = exitCode;
}

/**
 * Whether a module is the program that was started, also through the link that npm puts on the PATH, and without its
 * ending (`node lib/starter`).
 */
export function isMain(moduleUrl: string): boolean {
  const [, started] = process.argv;
  if (started === undefined) return false;
  try {
    return realpathSync(createRequire(moduleUrl).resolve(started)) === fileURLToPath(moduleUrl);
  } catch {
    return false; // `node --eval` puts its first argument there, which is no file at all
  }
}

function versionOf(file: URL): string {
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
