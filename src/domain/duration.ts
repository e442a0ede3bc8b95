import ms from 'ms';

/** A duration with a unit, such as `'30 seconds'`, or a number of milliseconds. */
export type Duration = ms.StringValue | number;

/** Converts a duration to milliseconds. */
export function milliseconds(duration: Duration): number {
  return typeof duration === 'number' ? duration : ms(duration);
}
