import { exitCodes } from '../../runtime/exit-codes.js';

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
