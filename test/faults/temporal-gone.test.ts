import assert from 'node:assert/strict';
import { callingTemporal, callingWorker } from '../../src/journeys/errors.js';
import { NoWorkerError, TemporalUnavailableError } from '../../src/starter.js';

/** How calls end that were on their way when the server was killed, or came while it was starting. */
const whileTemporalIsAway: readonly [code: number, details: string][] = [
  [1, 'Call cancelled'],
  [2, 'Stream removed'],
  [4, 'Deadline exceeded'],
  [8, 'namespace rate limit exceeded'],
  [10, 'aborted'],
  [13, 'Received RST_STREAM with code 2 (Internal server error)'],
  [14, 'No connection established'],
];

describe('a call to a Temporal that dies during the call', () => {
  for (const [code, details] of whileTemporalIsAway) {
    it(`may be repeated after "${details}"`, async () => {
      await assert.rejects(
        callingTemporal(() => ending(code, details)),
        TemporalUnavailableError,
      );
    });
  }

  it('may be repeated if a worker had to answer', async () => {
    await assert.rejects(
      callingWorker(() => ending(14, 'No connection established')),
      TemporalUnavailableError,
    );
  });

  for (const [code, details] of [
    [1, 'Call cancelled'],
    [4, 'Deadline exceeded'],
  ] as const) {
    it(`is first of all a silent worker after "${details}", until Temporal itself is asked`, async () => {
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

/** An error as gRPC throws it: the SDK wraps it once. */
function ending(code: number, details: string): Promise<never> {
  const cause = Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: {} });
  return Promise.reject(new Error('Failed to signalWithStart Workflow', { cause }));
}
