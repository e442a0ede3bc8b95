import { exitCodes } from '../../runtime/exit-codes.js';
import { EndWith } from '../errors.js';
import type { Terminal } from '../terminal.js';

/** Handles Ctrl-C and SIGTERM: the first signal stops the import cleanly, a second one ends the process. */
export class Interruption {
  exitCode: number | undefined;
  private readonly controller = new AbortController();
  private readonly onInterrupt = () => this.stop(exitCodes.interrupted);
  private readonly onTerminate = () => this.stop(exitCodes.terminated);

  constructor() {
    process.once('SIGINT', this.onInterrupt);
    process.once('SIGTERM', this.onTerminate);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    process.removeListener('SIGINT', this.onInterrupt);
    process.removeListener('SIGTERM', this.onTerminate);
  }

  private stop(exitCode: number): void {
    this.exitCode = exitCode;
    this.controller.abort();
    this.end();
  }
}

/** Runs a command that a signal stops before or while it works. @throws EndWith with the signal's exit code */
export async function stoppable(terminal: Terminal, run: (stop: Interruption) => Promise<void>): Promise<void> {
  const stop = new Interruption();
  try {
    await run(stop);
  } catch (error) {
    if (stop.exitCode === undefined || error instanceof EndWith) throw error;
    terminal.stderr.write('Stopped before anything was started.\n');
    throw new EndWith(stop.exitCode);
  } finally {
    stop.end();
  }
}
