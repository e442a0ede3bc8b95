import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take to stop before it is killed. */
const stopWithinMs = 5000;
const keptLogLines = 20;

/** A spawned server process, which may not be ready yet. */
export interface ServerProcess {
  readonly pid: number;
  /** Settles when the process has exited for any reason. */
  readonly ended: Promise<unknown>;
  hasEnded(): boolean;
  /** The end of its stderr. */
  lastLog(): string;
  stop(): Promise<void>;
}

/**
 * Starts a server in its own process group, so that Ctrl-C in a terminal reaches only this process, which controls the
 * shutdown order. The server exits with this process, even if this process is killed.
 */
export async function spawnServer(path: string, args: string[], env: NodeJS.ProcessEnv): Promise<ServerProcess> {
  const child = spawn(path, args, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child, 'spawn'), ended]);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${path} could not be started`);
  const watchdog = watchOver(pid);

  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log.push(...text.split('\n').filter(Boolean));
    log.splice(0, log.length - keptLogLines);
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  ended.then(
    () => watchdog.kill('SIGKILL'),
    () => watchdog.kill('SIGKILL'),
  );
  return {
    pid,
    ended,
    hasEnded,
    lastLog: () => log.join('\n'),
    async stop() {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(stopWithinMs, undefined, { ref: false })]);
      if (!hasEnded()) child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * The Temporal CLI does not exit with its parent. So a shell reads from a pipe, which the kernel closes when this
 * process exits, and then kills the server. Works on Linux and macOS.
 */
export function watchOver(pid: number): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$0"', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  return watchdog;
}
