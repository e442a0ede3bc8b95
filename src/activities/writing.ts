import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { milliseconds } from '../domain/duration.js';
import type { StepName } from '../domain/journey/attention.js';
import { heartbeatInterval } from '../workflows/policy.js';
import { failing } from './failures.js';

/**
 * Like {@link failing}, for a step that changes something in ChartMogul. Sends heartbeats while the request runs, since
 * Temporal reports a cancellation only in response to them.
 */
export async function writing<T>(step: StepName, request: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), milliseconds(heartbeatInterval));
  return failing(step, request).finally(() => clearInterval(timer));
}

/**
 * The signal for a request that changes something in ChartMogul. A cancelled write is not sent. Once it is sent, it
 * runs to its answer: the journey must know whether it has succeeded. Only a stopping worker or a timeout aborts it.
 *
 * @throws CancelledFailure if the activity is already cancelled
 */
export function writeSignal(): AbortSignal {
  const signal = cancellationSignal();
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = () => {
    if (signal.reason.message !== 'CANCELLED') controller.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
