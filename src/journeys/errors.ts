import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Problem } from '../domain/journey/reports.js';
import { TemporalConfigError, TemporalUnavailableError } from '../temporal/connect.js';
import { grpcErrorIn, grpcStatus, isTransient } from '../temporal/grpc-errors.js';

/** An input that cannot be right. Nothing was started or sent. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly code = 'invalid-input';
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ pointer, message }) => `${pointer.slice(1) || 'it'} ${message}`).join('\n'));
  }
}

/** No journey of this lead runs, or, where an ended one would do, none is known: Temporal forgets those after a time. */
export class JourneyNotFoundError extends Error {
  override readonly name = 'JourneyNotFoundError';
  readonly code = 'not-found';
}

/** The journey refuses what was asked. The message says why, and the way by hand if there is one. */
export class JourneyRefusedError extends Error {
  override readonly name = 'JourneyRefusedError';
  readonly code = 'refused';
}

/**
 * Temporal is there, but no worker that could answer for the journey. Reports, hints and retries do not need one. An
 * update may still be taken if a worker comes soon; it is safe to repeat.
 */
export class NoWorkerError extends Error {
  override readonly name = 'NoWorkerError';
  readonly code = 'no-worker';
}

/**
 * Makes a call to Temporal itself: starting, signalling, searching.
 *
 * @throws TemporalUnavailableError if Temporal does not answer
 * @throws TemporalConfigError if the namespace was never prepared for journeys
 */
export async function callingTemporal<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw unavailable(error) ?? unprepared(error) ?? error;
  }
}

/**
 * The workflow task that carried an update failed before the update was accepted: nothing was done. That happens when a
 * result arrives in the moment in which the update ends the journey, and then a repetition succeeds; or when the worker's
 * code fails, and then it does not.
 */
export class UpdateInterruptedError extends NoWorkerError {}

/**
 * Makes a call that only the journey's worker can answer: a query or an update.
 *
 * @throws NoWorkerError if none does
 * @throws JourneyRefusedError if the journey refuses an update
 * @throws TemporalUnavailableError if Temporal does not answer
 */
export async function callingWorker<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new JourneyRefusedError(error.cause?.message ?? error.message, { cause: error });
    }
    const grpcError = grpcErrorIn(error);
    // Temporal takes an update without a worker, waits for one, and lets the caller run into its deadline. If the server is
    // the first to notice that, the call ends as cancelled.
    const isTooLate = grpcError?.code === grpcStatus.deadlineExceeded || grpcError?.code === grpcStatus.cancelled;
    if (isTooLate || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      throw new NoWorkerError('No worker answers.', { cause: error });
    }
    if (grpcError?.code === failedPrecondition && /workflow task failure/.test(grpcError.details)) {
      throw new UpdateInterruptedError(`The update was interrupted: ${grpcError.details}`, { cause: error });
    }
    if (grpcError?.code === failedPrecondition) {
      throw new NoWorkerError(`No worker answers: ${grpcError.details}.`, { cause: error });
    }
    throw unavailable(error) ?? error;
  }
}

/** Says in the words of leads what Temporal says of workflows. */
export function journeyMissing(error: unknown, message: string): unknown {
  return error instanceof WorkflowNotFoundError ? new JourneyNotFoundError(message, { cause: error }) : error;
}

/** gRPC's code where the server saw no worker lately, or where the journey's code has a bug. */
const failedPrecondition = 9;

/** The server refuses a start that sets a search attribute which it does not know; a worker registers them. */
function unprepared(error: unknown): TemporalConfigError | undefined {
  const grpcError = grpcErrorIn(error);
  if (grpcError?.code !== grpcStatus.invalidArgument || !/search attribute/i.test(grpcError.details)) return undefined;
  const message =
    'The Temporal namespace lacks the search attributes of journeys; nothing was done. Start a worker once: it registers them.';
  return new TemporalConfigError(message, { cause: error });
}

function unavailable(error: unknown): TemporalUnavailableError | undefined {
  const grpcError = grpcErrorIn(error);
  if (grpcError === undefined || !isTransient(grpcError)) return undefined;
  // Of a deadline gRPC tells its own stages, which help nobody.
  const reason = grpcError.code === grpcStatus.deadlineExceeded ? 'no answer in time' : grpcError.details;
  return new TemporalUnavailableError(`Temporal does not answer (${reason}); it is safe to repeat.`, { cause: error });
}
