import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { type Level, pino } from 'pino';

/** JSON lines on standard output. */
export function createLogger(level: string): pino.Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** The SDK warns of a worker that does half of the work. Ours are two, one for journeys and one for requests. */
const asIntended = /^No (workflows|activities|Nexus services) registered/;

/** The SDK's own log lines, and those of workflows and activities, through pino. */
export function temporalLogger(logger: pino.Logger): Logger {
  return new DefaultLogger('TRACE', ({ level, message, meta }: LogEntry) => {
    // Temporal's levels are pino's, in capitals.
    logger[asIntended.test(message) ? 'debug' : (level.toLowerCase() as Level)](meta ?? {}, message);
  });
}
