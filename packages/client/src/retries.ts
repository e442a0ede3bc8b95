import { GatewayError } from './errors.js';

export interface RetryPolicy {
  /** No attempt starts later than this after the first one. */
  readonly giveUpAfterMs: number;
  /** The backoff after the first attempt; it doubles after each further attempt. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/**
 * Makes attempts until one succeeds, fails permanently, or the time is up; then throws the last error. Retries are
 * safe, since events are idempotent.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + policy.giveUpAfterMs;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GatewayError) || !error.isRetryable) throw error;
      const pauseMs = pauseAfter(attempts, policy, error.retryAfterMs);
      if (performance.now() + pauseMs > giveUpAt) throw error;
      await pause(pauseMs, signal);
    }
  }
}

/**
 * The backoff with jitter, between half and all of it, so that clients do not retry at the same time after an outage.
 * The gateway's `Retry-After` is the minimum.
 */
function pauseAfter(attempts: number, policy: RetryPolicy, retryAfterMs = 0): number {
  const longest = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (attempts - 1));
  const jittered = longest * (0.5 + Math.random() / 2);
  return retryAfterMs > 0 ? retryAfterMs + jittered / 4 : jittered;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
