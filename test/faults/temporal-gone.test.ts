import assert from 'node:assert/strict';
import { callingTemporal, callingWorker } from '../../src/journeys/errors.js';
import { NoWorkerError, TemporalUnavailableError } from '../../src/starter.js';

/** Errors of calls that were pending when the server was killed, or arrived while it was starting. */
const errorsWhileDown: readonly [code: number, details: string][] = [
  [1, 'Call cancelled'],
  [2, 'Stream removed'],
  [4, 'Deadline exceeded'],
  [8, 'namespace rate limit exceeded'],
  [10, 'aborted'],
  [13, 'Received RST_STREAM with code 2 (Internal server error)'],
  [14, 'No connection established'],
];

describe('a call during which Temporal stops', () => {
  for (const [code, details] of errorsWhileDown) {
    it(`may be repeated after "${details}"`, async () => {
      await assert.rejects(
        callingTemporal(() => ending(code, details)),
        TemporalUnavailableError,
      );
    });
  }

  it('may be repeated if it needs a response from a worker', async () => {
    await assert.rejects(
      callingWorker(() => ending(14, 'No connection established')),
      TemporalUnavailableError,
    );
  });

  for (const [code, details] of [
    [1, 'Call cancelled'],
    [4, 'Deadline exceeded'],
  ] as const) {
    it(`is reported as a missing worker after "${details}" if it needs a response from a worker`, async () => {
      await assert.rejects(
        callingWorker(() => ending(code, details)),
        NoWorkerError,
      );
    });
  }

  it('is not reported as repeatable if Temporal rejects it', async () => {
    await assert.rejects(
      callingTemporal(() => ending(7, 'Request unauthorized.')),
      (error) => !(error instanceof TemporalUnavailableError),
    );
  });
});

/** An error of gRPC, which the SDK wraps once. */
function ending(code: number, details: string): Promise<never> {
  const cause = Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: {} });
  return Promise.reject(new Error('Failed to signalWithStart Workflow', { cause }));
}
