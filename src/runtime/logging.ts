import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { type Level, pino } from 'pino';

/** JSON lines on standard output. */
export function createLogger(level: string): pino.Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** The SDK warns about a worker without workflows or activities. Here one worker runs journeys, the other requests. */
const asIntended = /^No (workflows|activities|Nexus services) registered/;

/** Sends the log lines of the SDK, workflows and activities to pino. */
export function temporalLogger(logger: pino.Logger): Logger {
  return new DefaultLogger('TRACE', ({ level, message, meta }: LogEntry) => {
    // Temporal's levels are pino's in upper case.
    logger[asIntended.test(message) ? 'debug' : (level.toLowerCase() as Level)](meta ?? {}, message);
  });
}
