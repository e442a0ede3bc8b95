import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again until there is an answer. It has no deadline of its own: Mocha's ends a test that hangs, and the asking ends
 * with that test, at {@link stopAsking}.
 */
export async function eventually<Answer>(
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
): Promise<Answer> {
  const { signal } = asking;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(20, undefined, { signal });
  }
}

let asking = newController();

/** After a test: one that timed out would go on asking. */
export function stopAsking(): void {
  asking.abort();
  asking = newController();
}

/** A test may wait for many things at once, each with a listener. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
