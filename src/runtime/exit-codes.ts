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

/** What a command reports about an error, to a person and to a program. */
export interface Failure {
  readonly exitCode: number;
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly Problem[];
}

/** One invalid field of an input. */
interface Problem {
  readonly pointer: string;
  readonly message: string;
}

/** The exit code of each error code. An error that a person can fix carries one of these codes as its `code`. */
export const exitCodeOf = {
  usage: exitCodes.usage,
  'invalid-input': exitCodes.usage,
  refused: exitCodes.usage,
  'not-found': exitCodes.failed,
  'temporal-unavailable': exitCodes.temporaryFailure,
  'no-worker': exitCodes.temporaryFailure,
  config: exitCodes.config,
} as const;

/** The code of an error that a person can fix. */
export type ErrorCode = keyof typeof exitCodeOf;

/** One clear line for what a person can fix; the whole stack for a bug. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { exitCode: exitCodes.failed, code: 'failed', message: String(error) };
  const {
    code,
    problems,
    message,
    stack = message,
  } = error as Error & { code?: unknown; problems?: readonly Problem[] };
  if (!isErrorCode(code)) return { exitCode: exitCodes.failed, code: 'failed', message: stack };
  return { exitCode: exitCodeOf[code], code, message, ...(problems !== undefined && { problems }) };
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(exitCodeOf, code);
}

/** Ends a program that threw, with the matching exit code. */
export function exitWith(error: unknown): void {
  const { message, exitCode } = failureOf(error);
  console.error(message);
  process.exitCode = exitCode;
}
