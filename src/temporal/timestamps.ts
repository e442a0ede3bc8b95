import type proto from '@temporalio/proto';

/** A timestamp or duration of Temporal's API. */
type Timestamp = Pick<proto.google.protobuf.ITimestamp, 'seconds' | 'nanos'>;

/** Converts a timestamp (since the epoch) or a duration to milliseconds. */
export function millisecondsOf({ seconds, nanos }: Timestamp): number {
  return Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1_000_000);
}

/** Formats a timestamp as RFC 3339, in whole seconds UTC. */
export function instantOf(timestamp: Timestamp): string {
  return new Date(millisecondsOf(timestamp)).toISOString().replace(/\.\d+Z$/, 'Z');
}
