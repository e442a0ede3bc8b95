import type { Client, WorkflowUpdateHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { milliseconds } from '../domain/duration.js';
import {
  callingTemporal,
  callingWorker,
  journeyMissing,
  NoWorkerError,
  UpdateInterruptedError,
  UpdateUnansweredError,
} from './errors.js';

export interface CallLimits {
  /** Timeout of a call. Default: 10 seconds. */
  readonly timeout?: Duration;
  /**
   * Timeout of a call that a worker answers. Default: the value of `timeout`, and two minutes for the result of an
   * operator's request that a worker has accepted: it may have to wait for ChartMogul.
   */
  readonly workerTimeout?: Duration;
}

const acceptedTimeout: Duration = '2 minutes';

/** Calls Temporal with a timeout, and converts failures to this package's errors. */
export class Calls {
  constructor(
    private readonly client: Client,
    private readonly limits: CallLimits,
  ) {}

  /**
   * Calls that Temporal itself answers: start, signal, search.
   *
   * @param missing the message if there is no such workflow
   */
  async temporal<T>(call: () => Promise<T>, missing?: string): Promise<T> {
    try {
      return await callingTemporal(() => this.inTime(call));
    } catch (error) {
      throw missing === undefined ? error : journeyMissing(error, missing);
    }
  }

  /**
   * Sends an update and waits for its result.
   *
   * @param start sends it, and waits until a worker has accepted it
   */
  async update<T>(start: () => Promise<WorkflowUpdateHandle<T>>, missing: string): Promise<T> {
    const update = await this.worker(start, missing);
    try {
      return await this.worker(() => update.result(), missing, this.limits.workerTimeout ?? acceptedTimeout);
    } catch (error) {
      if (!(error instanceof UpdateUnansweredError)) throw error;
      throw new UpdateUnansweredError(
        'The request was accepted, but is not finished in time; it may still be applied.',
        {
          cause: error,
          isAccepted: true,
        },
      );
    }
  }

  /** Calls that only a worker answers: queries, and the start of updates. */
  async worker<T>(call: () => Promise<T>, missing: string, limit = this.limits.workerTimeout): Promise<T> {
    try {
      return await repeatingInterrupted(() => callingWorker(() => this.inTime(call, limit)));
    } catch (error) {
      // A missing worker and an unreachable Temporal both time out, so check Temporal itself.
      if (error instanceof NoWorkerError) await this.temporal(() => this.client.workflowService.getSystemInfo({}));
      throw journeyMissing(error, missing);
    }
  }

  /** Reads a list page by page, with the timeout for each page. */
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

/** The maximum number of attempts of an interrupted update. */
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
