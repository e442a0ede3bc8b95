import { setTimeout as sleep } from 'node:timers/promises';
import type { Duration } from '@temporalio/common';
import { milliseconds } from '../../src/domain/duration.js';

/** Repeats work until it succeeds. @throws the last error when the time is over */
export async function eventually<T>(work: () => Promise<T>, within: Duration = '1 minute'): Promise<T> {
  const deadline = Date.now() + milliseconds(within);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(300);
    }
  }
}
