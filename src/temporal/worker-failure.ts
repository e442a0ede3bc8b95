import { setTimeout as sleep } from 'node:timers/promises';
import { TransportError } from '@temporalio/worker';
import { connectClient } from './connect.js';
import { TemporalUnavailableError } from './errors.js';
import type { TemporalTarget } from './settings.js';

/** What a process knows of its running SDK workers. */
interface Running {
  readonly ended: Promise<void>;
  stop(): void;
}

/**
 * Watches for the error that ends an SDK worker. Polls that are refused are fatal after a minute. The worker's promise then
 * rejects with another error, `Worker still in use`, or never settles, and only the SDK's log has the reason.
 */
export class WorkerFailure {
  private readonly seen: Promise<never>;
  /** Receives the error of the SDK's log line. */
  report: (error: unknown) => void = () => undefined;

  constructor() {
    this.seen = new Promise((_, reject) => {
      this.report = reject;
    });
    this.seen.catch(() => undefined);
  }

  /**
   * Waits until the worker has ended. After a failure, running tasks get `forceMs` to finish, and the process ends even
   * if the SDK keeps it alive.
   *
   * @throws the reason of a failure; TemporalUnavailableError if Temporal refused the polls
   */
  async ended(worker: Running, forceMs: number, target: TemporalTarget): Promise<void> {
    try {
      await Promise.race([this.seen, worker.ended]);
    } catch (error) {
      worker.stop();
      await Promise.race([worker.ended.catch(() => undefined), sleep(forceMs)]);
      // Runs only if the process does not end by itself.
      setTimeout(() => process.exit(), endWithinMs).unref();
      throw await explained(error, target);
    }
  }
}

const endWithinMs = 3_000;

/** Connects once more to find out the reason: mostly a credential that has expired. A restart may help. */
async function explained(error: unknown, target: TemporalTarget): Promise<unknown> {
  if (!(error instanceof TransportError)) return error;
  const reason = await connectClient(target).then(
    async ({ connection }) => {
      await connection.close();
      return 'It accepts a new connection.';
    },
    (refusal: Error) => refusal.message,
  );
  const message = `The worker ended, since Temporal refused its polls (${error.message.replace(/\.$/, '')}). ${reason}`;
  return new TemporalUnavailableError(message, { cause: error });
}
