import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChartMogulError } from '../chartmogul/errors.js';
import { callingTemporal } from '../journeys/errors.js';
import { failureOf } from '../runtime/exit-codes.js';
import { StripeApiError } from '../stripe/api-error.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { grpcErrorIn } from '../temporal/grpc-errors.js';
import { chartMogulFailure } from './chartmogul-failure.js';
import { type Check, type Finding, failure, length, type Observation } from './findings.js';

/** A check answers within this time, or fails. */
const answerWithinMs = 10_000;

export interface ExaminationOptions {
  /** Stops all checks. */
  readonly signal: AbortSignal;
  /** Called with the checks that run now. */
  readonly onProgress?: (running: readonly Check[]) => void;
}

/** Runs checks, each with a deadline. An error of one check is its finding, so that the others run all the same. */
export class Examination {
  constructor(
    private readonly options: ExaminationOptions,
    private readonly client?: ConnectedClient,
    private readonly running = new Set<Check>(),
  ) {
    setMaxListeners(0, options.signal);
  }

  /** The same examination, whose checks call Temporal: their calls end with them. */
  of(client: ConnectedClient): Examination {
    return new Examination(this.options, client, this.running);
  }

  /**
   * @param look returns what it observes; its signal is aborted at the deadline
   * @throws the reason of the examination's signal
   */
  async check(
    check: Check,
    look: (signal: AbortSignal) => Promise<Observation | readonly Observation[]>,
    withinMs = answerWithinMs,
  ): Promise<Finding[]> {
    this.running.add(check);
    this.options.onProgress?.([...this.running]);
    try {
      const observed = await this.inTime(look, withinMs);
      return [observed].flat().map((observation) => ({ check, ...observation }));
    } finally {
      this.running.delete(check);
      this.options.onProgress?.([...this.running]);
    }
  }

  private async inTime(
    look: (signal: AbortSignal) => Promise<Observation | readonly Observation[]>,
    withinMs: number,
  ): Promise<Observation | readonly Observation[]> {
    const ending = new AbortController();
    const signal = AbortSignal.any([this.options.signal, ending.signal]);
    setMaxListeners(0, signal);
    const late = sleep(withinMs, undefined, { signal }).then(
      () => failure(`no answer within ${length(withinMs)}`, 'run the doctor again; if it stays, see what it asks'),
      () => [],
    );
    try {
      const first = await Promise.race([this.called(() => look(signal), signal, withinMs).catch(explained), late]);
      this.options.signal.throwIfAborted();
      return first;
    } finally {
      ending.abort();
    }
  }

  private called<T>(look: () => Promise<T>, signal: AbortSignal, withinMs: number): Promise<T> {
    const { client } = this;
    if (client === undefined) return look();
    return callingTemporal(() =>
      client.withAbortSignal(signal, () => client.withDeadline(Date.now() + withinMs, look)),
    );
  }
}

/** What an error means for the person who runs the doctor. */
export function explained(error: unknown): Observation {
  if (error instanceof ChartMogulError) return chartMogulFailure(error);
  if (error instanceof StripeApiError) return stripeFailure(error);
  const { code, message } = failureOf(error);
  if (code === 'failed') {
    const reason = grpcErrorIn(error)?.details ?? (error instanceof Error ? error.message : String(error));
    return failure(`unexpected error: ${reason}`, 'run the doctor again; if it stays, report it');
  }
  // These messages end with what to do.
  const [, problem, remedy] = /^(.+?[^;]); ([^;]+?)\.?$/s.exec(message) ?? [];
  return failure(problem ?? message, remedy ?? 'see docs/operations.md');
}

/** Without what the message advises: that is for a sweep. */
function stripeFailure({ kind, message }: StripeApiError): Observation {
  if (kind === 'unauthorized') {
    const [problem = message] = message.split('. ');
    return failure(
      problem,
      'give STRIPE_API_KEY a restricted key that may read events, subscriptions, invoices, customers and webhook endpoints',
    );
  }
  const [answer = message] = message.split(':');
  return failure(answer, 'run the doctor again; if it stays, see STRIPE_API_URL and https://status.stripe.com');
}
