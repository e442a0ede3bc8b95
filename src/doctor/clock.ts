import { failure, length, type Observation, ok, warning } from './findings.js';

/** The gateway refuses dates that are further ahead, and Stripe's signatures that are older. */
const mostSkewMs = 5 * 60_000;
const suspiciousSkewMs = 30_000;

/** @param skewMs how far the other clock is ahead of this machine's */
export function clockOf(whose: string, skewMs: number): Observation {
  const skew = Math.abs(skewMs);
  if (skew < suspiciousSkewMs) return ok(`the clock of this machine agrees with ${whose}'s`);
  const text = `the clock of this machine is ${length(skew)} ${skewMs > 0 ? 'behind' : 'ahead of'} ${whose}'s`;
  const fix = 'synchronize the clock (NTP), here and where workers and the gateway run';
  return skew < mostSkewMs
    ? warning(text, fix)
    : failure(`${text}: the gateway refuses dates, and Stripe's signatures, that are more than five minutes off`, fix);
}
