import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchOver } from '../temporal-server/process.js';

const readyWithinMs = 120_000;
const stopWithinMs = 30_000;
const pauseMs = 500;
const keptBytes = 4_000;

/** How to start a process. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment, besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file that its output is appended to. */
  readonly log: string;
  /** Whether it serves. Called repeatedly with its output since the start. */
  readonly isReady: (output: string) => boolean | Promise<boolean>;
}

/** A process exited before it was ready. */
export class EarlyExitError extends Error {
  override readonly name = 'EarlyExitError';

  constructor(
    name: string,
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`${name} exited with ${exitCode} before it was ready:\n${output}`);
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

/**
 * Processes that are restarted if they exit by themselves, as an orchestrator does. They exit with this process, even if
 * it is killed.
 */
export class Processes {
  /** Processes that exited without being killed or stopped, with the exit code. */
  readonly unaskedExits: string[] = [];
  private readonly programs = new Map<string, Program>();
  /** The names of processes that must run. */
  private readonly wanted = new Set<string>();
  private readonly running = new Map<string, Running>();

  /** Starts a process and waits until it is ready. @throws EarlyExitError */
  async start(name: string, program: Program): Promise<void> {
    this.programs.set(name, program);
    this.wanted.add(name);
    await this.attempt(name, program);
    this.supervise(name);
  }

  /** Starts a killed process again, as often as needed until it is ready. */
  async restart(name: string): Promise<void> {
    const program = this.programs.get(name);
    if (program === undefined) throw new Error(`${name} was never started`);
    this.wanted.add(name);
    const deadline = Date.now() + readyWithinMs;
    while (this.wanted.has(name) && !this.running.has(name)) {
      try {
        await this.attempt(name, program);
        this.supervise(name);
      } catch (error) {
        if (!(error instanceof EarlyExitError) || Date.now() > deadline) throw error;
        await sleep(pauseMs);
      }
    }
  }

  /** Ends a process with SIGKILL. */
  async kill(name: string): Promise<void> {
    await this.end(name, 'SIGKILL');
  }

  /** Ends a process in order, and with SIGKILL after 30 s. */
  async stop(name: string): Promise<void> {
    await this.end(name, 'SIGTERM');
  }

  /** Ends all: the one that was started first in order, since it is PostgreSQL, and all others at once. */
  async endAll(): Promise<void> {
    const [first, ...others] = this.wanted;
    await Promise.all(others.map((name) => this.kill(name)));
    if (first !== undefined) await this.stop(first);
  }

  private async attempt(name: string, program: Program): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const file = openSync(program.log, 'a');
    const offset = statSync(program.log).size;
    const child = spawn(program.command, program.args, {
      env: { PATH, HOME, ...program.env },
      ...(program.cwd !== undefined && { cwd: program.cwd }),
      // A group of its own, so that Ctrl-C reaches only this process, which ends them in order.
      detached: true,
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    const exited = once(child, 'exit');
    await Promise.race([once(child, 'spawn'), exited]);
    const watchdog = watchOver(child.pid ?? 0);
    exited.finally(() => watchdog.kill('SIGKILL')).catch(() => undefined);
    this.running.set(name, { child, exited });
    const deadline = Date.now() + readyWithinMs;
    while (!(await program.isReady(tail(program.log, offset)))) {
      if (hasExited(child)) {
        this.running.delete(name);
        throw new EarlyExitError(name, child.exitCode, tail(program.log, offset));
      }
      if (Date.now() > deadline) throw new Error(`${name} was not ready in time:\n${tail(program.log, offset)}`);
      await sleep(100);
    }
  }

  private supervise(name: string): void {
    const started = this.running.get(name);
    void started?.exited.then(async () => {
      if (this.running.get(name) !== started) return; // we ended it
      this.running.delete(name);
      this.unaskedExits.push(`${name} (${started.child.exitCode ?? started.child.signalCode})`);
      await sleep(pauseMs);
      if (this.wanted.has(name)) await this.restart(name);
    });
  }

  private async end(name: string, signal: NodeJS.Signals): Promise<void> {
    this.wanted.delete(name);
    const ended = this.running.get(name);
    if (ended === undefined) return;
    this.running.delete(name);
    ended.child.kill(signal);
    const timer = setTimeout(() => ended.child.kill('SIGKILL'), stopWithinMs);
    if (!hasExited(ended.child)) await ended.exited;
    clearTimeout(timer);
  }
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The end of a file, from an offset on. */
function tail(path: string, offset: number): string {
  const file = openSync(path, 'r');
  try {
    const { size } = statSync(path);
    const from = Math.max(offset, size - keptBytes);
    const bytes = Buffer.alloc(Math.max(0, size - from));
    return bytes.toString('utf8', 0, readSync(file, bytes, { position: from }));
  } finally {
    closeSync(file);
  }
}
