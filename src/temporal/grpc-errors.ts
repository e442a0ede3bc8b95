import { isGrpcServiceError, isRetryableError } from '@temporalio/client';

/** The gRPC codes used here; the SDK does not export the list. */
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

/** A gRPC error; the SDK does not export the type. */
type GrpcError = Parameters<typeof isRetryableError>[0];

/** The server's gRPC error in an SDK error, which wraps it as a cause. */
export function grpcErrorIn(error: unknown): GrpcError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause;
  }
  return undefined;
}

/**
 * Whether the same call may succeed later: the errors that the SDK itself retries, and the two below. A call that is in
 * flight when the server dies fails as cancelled; this code never cancels a call.
 */
export function isTransient(error: GrpcError): boolean {
  return error.code === grpcStatus.cancelled || error.code === grpcStatus.deadlineExceeded || isRetryableError(error);
}

/**
 * The server's words when it refused the credential of a call, such as `PERMISSION_DENIED: Request unauthorized`: it has
 * expired, or lacks the permission. Undefined for any other error.
 */
export function refusalOf(error: unknown): string | undefined {
  const grpcError = grpcErrorIn(error);
  const isDenied = grpcError?.code === grpcStatus.permissionDenied;
  if (!isDenied && grpcError?.code !== grpcStatus.unauthenticated) return undefined;
  return `${isDenied ? 'PERMISSION_DENIED' : 'UNAUTHENTICATED'}: ${grpcError.details.replace(/\.$/, '')}`;
}
