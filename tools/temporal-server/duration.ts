import type { Duration } from '@temporalio/common';
import proto from '@temporalio/proto';
import ms from 'ms';

const { Duration: ProtoDuration } = proto.google.protobuf;

/** A duration in the format of Temporal's gRPC messages. */
export function protoDuration(duration: Duration): proto.google.protobuf.Duration {
  const milliseconds = typeof duration === 'number' ? duration : ms(duration);
  const seconds = Math.floor(milliseconds / 1000);
  return ProtoDuration.fromObject({ seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 });
}
