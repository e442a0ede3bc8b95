import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Problem } from '../domain/journey/reports.js';
import { CredentialRefusedError, TemporalConfigError, TemporalUnavailableError } from '../temporal/errors.js';
import { grpcErrorIn, grpcStatus, isTransient, refusalOf } from '../temporal/grpc-errors.js';

/** Invalid input. Nothing was started or sent. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly code = 'invalid-input';
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ pointer, message }) => `${pointer.slice(1) || 'it'} ${message}`).join('\n'));
  }
}

/** The lead has no journey, or no running one if that is required. Temporal deletes ended ones after retention. */
export class JourneyNotFoundError extends Error {
  override readonly name = 'JourneyNotFoundError';
  readonly code = 'not-found';
}

/** The journey rejected the request. The message says why, and how to do it manually if possible. */
export class JourneyRefusedError extends Error {
  override readonly name = 'JourneyRefusedError';
  readonly code = 'refused';
}

/** Temporal is reachable, but no worker answers for the journey. Reports, hints and retries do not need a worker. */
export class NoWorkerError extends Error {
  override readonly name = 'NoWorkerError';
  readonly code = 'no-worker';
}

/**
 * Temporal has received an update, but no worker has answered. It may still be applied when one does, so read the state
 * before you repeat it.
 */
export class UpdateUnansweredError extends NoWorkerError {
  /** A worker has accepted it, and has not finished it in time. */
  readonly isAccepted: boolean;
  constructor(message: string, { isAccepted = false, ...options }: ErrorOptions & { readonly isAccepted?: boolean }) {
    super(message, options);
    this.isAccepted = isAccepted;
  }
}

/** An audit ended without a report. */
export class AuditFailedError extends Error {
  override readonly name = 'AuditFailedError';
  readonly code = 'audit-failed';
}

/**
 * Makes a call to Temporal itself: start, signal, search.
 *
 * @throws TemporalUnavailableError if Temporal does not answer
 * @throws CredentialRefusedError if Temporal refuses the credential, or the credential lacks the permission
 * @throws TemporalConfigError if the namespace lacks the search attributes of journeys
 */
export async function callingTemporal<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw unavailable(error) ?? refused(error) ?? unprepared(error) ?? error;
  }
}

/**
 * The workflow task of an update failed before the update was accepted, so nothing was changed. If an activity completed
 * at the same moment as the update closed the journey, a retry succeeds. If the worker's code throws, it does not.
 */
export class UpdateInterruptedError extends NoWorkerError {}

/**
 * Makes a call that only the journey's worker can answer: a query or an update.
 *
 * @throws NoWorkerError if no worker answers
 * @throws JourneyRefusedError if the journey rejects an update
 * @throws TemporalUnavailableError if Temporal does not answer
 * @throws CredentialRefusedError if Temporal refuses the credential, or the credential lacks the permission
 */
export async function callingWorker<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new JourneyRefusedError(error.cause?.message ?? error.message, { cause: error });
    }
    const grpcError = grpcErrorIn(error);
    // Temporal accepts an update without a worker and waits for one until the caller's deadline. If the server detects
    // the deadline first, the call fails as cancelled.
    const isTooLate = grpcError?.code === grpcStatus.deadlineExceeded || grpcError?.code === grpcStatus.cancelled;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      throw new UpdateUnansweredError('No worker answers; the request may still be applied when one does.', {
        cause: error,
      });
    }
    if (isTooLate) {
      throw new NoWorkerError('No worker answers.', { cause: error });
    }
    if (grpcError?.code === failedPrecondition && /workflow task failure/.test(grpcError.details)) {
      throw new UpdateInterruptedError(`The update was interrupted: ${grpcError.details}`, { cause: error });
    }
    if (grpcError?.code === failedPrecondition) {
      throw new NoWorkerError(`No worker answers: ${grpcError.details.replace(/\.+$/, '')}.`, { cause: error });
    }
    throw unavailable(error) ?? refused(error) ?? error;
  }
}

/** Converts Temporal's "workflow not found" to a message about the lead or customer. */
export function journeyMissing(error: unknown, message: string): unknown {
  return error instanceof WorkflowNotFoundError ? new JourneyNotFoundError(message, { cause: error }) : error;
}

/** Temporal refused to start a workflow, because one with the same id has run before. */
export function isAlreadyStarted(error: unknown): boolean {
  return error instanceof WorkflowExecutionAlreadyStartedError;
}

/** The gRPC code if the server has not seen a worker recently, or if the journey's code has a bug. */
const failedPrecondition = 9;

/** The server rejects a start that sets an unknown search attribute. A worker registers the attributes. */
function unprepared(error: unknown): TemporalConfigError | undefined {
  const grpcError = grpcErrorIn(error);
  if (grpcError?.code !== grpcStatus.invalidArgument || !/search attribute/i.test(grpcError.details)) return undefined;
  const message =
    'The search attributes of journeys are not registered in the Temporal namespace; nothing was done. Start a worker once: it registers them.';
  return new TemporalConfigError(message, { cause: error });
}

function refused(error: unknown): CredentialRefusedError | undefined {
  const reason = refusalOf(error);
  if (reason === undefined) return undefined;
  const message = `Temporal refuses this call (${reason}): the API key, the token or the client certificate has expired, or lacks the permission.`;
  return new CredentialRefusedError(message, { cause: error });
}

function unavailable(error: unknown): TemporalUnavailableError | undefined {
  const grpcError = grpcErrorIn(error);
  if (grpcError === undefined || !isTransient(grpcError)) return undefined;
  // For a deadline, gRPC reports internal stages, which do not help the caller.
  const reason = grpcError.code === grpcStatus.deadlineExceeded ? 'no answer in time' : grpcError.details;
  return new TemporalUnavailableError(`Temporal does not answer (${reason}); it is safe to repeat.`, { cause: error });
}
