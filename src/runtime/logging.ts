import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { type Level, pino } from 'pino';
import { exitCodes } from './exit-codes.js';

/** JSON lines on standard output. If they cannot be written, for example because the disk is full, the process ends. */
export function createLogger(level: string): pino.Logger {
  // The SDK logs its errors as `error`.
  const serializers = { error: pino.stdSerializers.err };
  const output = pino.destination({ dest: 1, sync: false });
  output.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return; // pino stops writing
    output.flushSync = () => undefined; // at the exit, it would try forever
    console.error(`The log cannot be written: ${message}.`);
    process.exit(exitCodes.failed);
  });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }, output);
}

/** The SDK warns about a worker without workflows or activities. Here one worker runs journeys, the other requests. */
const asIntended = /^No (workflows|activities|Nexus services) registered/;

/**
 * Sends the log lines of the SDK, workflows and activities to pino.
 *
 * @param onWorkerFailed receives the error that ended a worker. The worker's own promise may reject with a later one:
 * `Worker still in use`.
 */
export function temporalLogger(
  logger: pino.Logger,
  onWorkerFailed: (error: unknown) => void = () => undefined,
): Logger {
  return new DefaultLogger('TRACE', ({ level, message, meta }: LogEntry) => {
    if (message === 'Worker failed') onWorkerFailed(meta?.error);
    // Temporal's levels are pino's in upper case.
    logger[asIntended.test(message) ? 'debug' : (level.toLowerCase() as Level)](meta ?? {}, message);
  });
}
