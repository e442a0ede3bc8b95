import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls until the result is neither undefined nor false. It has no timeout: Mocha's timeout ends the test, and then
 * {@link stopAsking} ends the polling.
 */
export async function eventually<Answer>(
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
): Promise<Answer> {
  const { signal } = asking;
  let pauseMs = 20;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(pauseMs * 1.3, longestPauseMs);
  }
}

/** Each question costs processor time, which the tests share with what they wait for. */
const longestPauseMs = 150;

let asking = newController();

/** Ends the polling of a test that timed out. */
export function stopAsking(): void {
  asking.abort();
  asking = newController();
}

/** A test may poll for many conditions at once, and each one adds a listener. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
