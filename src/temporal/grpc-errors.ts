import { isGrpcServiceError, isRetryableError } from '@temporalio/client';

/** Those codes of gRPC that mean something to us; the SDK does not export the list. */
export const grpcStatus = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
};

/** An error of gRPC, as the SDK knows it but does not export it. */
type GrpcError = Parameters<typeof isRetryableError>[0];

/** The answer of the server inside of an error of the SDK, which wraps it in causes of its own. */
export function grpcErrorIn(error: unknown): GrpcError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause;
  }
  return undefined;
}

/**
 * Whether the same call may well succeed later: what the SDK itself repeats, until it gives up, and what it does not. A call
 * that was on its way when the server died ends as cancelled; we never cancel one ourselves.
 */
export function isTransient(error: GrpcError): boolean {
  return error.code === grpcStatus.cancelled || error.code === grpcStatus.deadlineExceeded || isRetryableError(error);
}
