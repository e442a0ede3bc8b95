import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { milliseconds } from '../domain/duration.js';
import { callingTemporal, callingWorker, journeyMissing, NoWorkerError, UpdateInterruptedError } from './errors.js';

export interface CallLimits {
  /** How long a call of these methods may take. Default: 10 seconds. */
  readonly timeout?: Duration;
  /** How long a worker may take to answer, where one is asked. Default: as `timeout`. */
  readonly workerTimeout?: Duration;
}

/** Calls to Temporal within a time, whose failures are told in our words. */
export class Calls {
  constructor(
    private readonly client: Client,
    private readonly limits: CallLimits,
  ) {}

  /**
   * What Temporal itself answers: starting, signalling, searching.
   *
   * @param missing what to say if there is no such workflow
   */
  async temporal<T>(call: () => Promise<T>, missing?: string): Promise<T> {
    try {
      return await callingTemporal(() => this.inTime(call));
    } catch (error) {
      throw missing === undefined ? error : journeyMissing(error, missing);
    }
  }

  /** What only a worker answers: queries and updates. */
  async worker<T>(call: () => Promise<T>, missing: string): Promise<T> {
    try {
      return await repeatingInterrupted(() => callingWorker(() => this.inTime(call, this.limits.workerTimeout)));
    } catch (error) {
      // Silence looks the same from both: is Temporal itself there?
      if (error instanceof NoWorkerError) await this.temporal(() => this.client.workflowService.getSystemInfo({}));
      throw journeyMissing(error, missing);
    }
  }

  /** A list that is read page by page, each page within the time. */
  async *each<T>(list: AsyncIterable<T>): AsyncGenerator<T> {
    const items = list[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.temporal(() => items.next());
      if (next.done) return;
      yield next.value;
    }
  }

  private inTime<T>(call: () => Promise<T>, limit = this.limits.timeout): Promise<T> {
    return this.client.withDeadline(Date.now() + milliseconds(limit ?? '10 seconds'), call);
  }
}

/** How often an interrupted update is sent in all. */
const updateAttempts = 5;

async function repeatingInterrupted<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UpdateInterruptedError) || attempt === updateAttempts) throw error;
    }
  }
}
