import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { type Level, pino } from 'pino';

/** JSON lines on standard output. */
export function createLogger(level: string): pino.Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** The SDK's own log lines, and those of workflows and activities, through pino. */
export function temporalLogger(logger: pino.Logger): Logger {
  return new DefaultLogger('TRACE', ({ level, message, meta }: LogEntry) => {
    logger[level.toLowerCase() as Level](meta ?? {}, message); // Temporal's levels are pino's, in capitals
  });
}
