import { GatewayError } from './errors.js';

export interface RetryPolicy {
  /** No attempt begins later than this after the first one. */
  readonly giveUpAfterMs: number;
  /** The pause after the first attempt; each one after it is twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/**
 * Makes attempts until one succeeds, fails for good, or the time is up: then with its last error. Everything that is sent may be
 * repeated, since the gateway takes the same event twice without harm.
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
 * Between half of the pause and all of it, so that clients which lost the gateway together do not come back together. What the
 * gateway asks for is the least.
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
