import { isGrpcServiceError } from '@temporalio/client';

/** Those codes of gRPC that mean something to us; the SDK does not export the list. */
export const grpcStatus = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
};

/** The answer of the server inside of an error of the SDK, which wraps it in causes of its own. */
export function grpcErrorIn(error: unknown): { code: number; details: string } | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause;
  }
  return undefined;
}
