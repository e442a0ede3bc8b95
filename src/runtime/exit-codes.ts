/** Exit codes of every command. They follow BSD's sysexits where one applies. */
export const exitCodes = {
  ok: 0,
  /** The command ran and failed. */
  failed: 1,
  /** Invalid arguments, or the journey rejected the request; nothing was changed, unless a file changed while imported. */
  usage: 2,
  /** Temporal or Stripe is unreachable, or no worker answers; repeat it. The message says if an update may still be applied. */
  temporaryFailure: 75,
  /** The configuration is invalid. */
  config: 78,
  /** Stopped with Ctrl-C: 128 + SIGINT, as in every shell. */
  interrupted: 130,
  /** Stopped with SIGTERM: 128 + SIGTERM. */
  terminated: 143,
} as const;

/** What a command reports about an error, to people and programs. */
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
  'audit-failed': exitCodes.failed,
  'file-unwritable': exitCodes.failed,
  'temporal-unavailable': exitCodes.temporaryFailure,
  'stripe-unavailable': exitCodes.temporaryFailure,
  'chartmogul-unavailable': exitCodes.temporaryFailure,
  'chartmogul-refused': exitCodes.failed,
  'no-worker': exitCodes.temporaryFailure,
  config: exitCodes.config,
} as const;

/** The code of an error that a person can fix. */
export type ErrorCode = keyof typeof exitCodeOf;

/** Returns a one-line message for an error that a person can fix, and the full stack for a bug. */
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
