import type proto from '@temporalio/proto';

/** A point in time, or a duration, as Temporal's API gives it. */
type Timestamp = Pick<proto.google.protobuf.ITimestamp, 'seconds' | 'nanos'>;

/** Milliseconds of a timestamp (since the epoch) or of a duration. */
export function millisecondsOf({ seconds, nanos }: Timestamp): number {
  return Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1_000_000);
}

/** A timestamp in RFC 3339, in whole seconds UTC. */
export function instantOf(timestamp: Timestamp): string {
  return new Date(millisecondsOf(timestamp)).toISOString().replace(/\.\d+Z$/, 'Z');
}
