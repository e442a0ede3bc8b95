import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const stderrLimit = 4_000;
const stopTimeoutMs = 10_000;

export interface MeasuredProcess {
  readonly pid: number;
  /** Rejects with the end of its stderr if it exits unexpectedly. */
  readonly ended: Promise<void>;
  /** Listens for messages that the process sends with `process.send`. */
  onMessage(listener: (message: unknown) => void): void;
  /** Sends a message, which the process receives with `process.on('message')`. */
  send(message: object): void;
  /** Sends SIGTERM, then SIGKILL after 10 s, and waits for the exit. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Environment variables in addition to PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options for Node. Default: none, as in production. */
  readonly execArgv?: readonly string[];
}

/**
 * Starts a module in a separate process and waits for its `ready` message. The process is killed when the benchmark exits.
 * {@link readyForBench} ends it if the benchmark itself was killed.
 */
export async function startMeasured(module: string, options: ProcessOptions = {}): Promise<MeasuredProcess> {
  const { PATH = '', HOME = '' } = process.env;
  const { env = {}, execArgv = [] } = options;
  const child = fork(module, [], {
    env: { PATH, HOME, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrLimit);
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let isStopping = false;
  const closed = once(child, 'close').finally(() => process.off('exit', kill));
  const ended = closed.then(() => {
    if (!isStopping) throw new Error(`${module} exited unexpectedly:\n${stderr}`);
  });
  ended.catch(() => undefined); // callers that await it get the error

  await Promise.race([ready(child), ended]);
  return {
    pid: child.pid ?? 0,
    ended,
    onMessage: (listener) => void child.on('message', listener),
    send: (message) => void child.send(message),
    stop() {
      isStopping = true;
      return stop(child, closed);
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  for (;;) {
    const [message] = await once(child, 'message');
    if (message === 'ready') return;
  }
}

async function stop(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await closed;
  clearTimeout(timer);
}

/** Called by a module that {@link startMeasured} started: sends `ready`, and exits when the benchmark exits. */
export function readyForBench(): void {
  process.once('disconnect', () => process.exit());
  process.send?.('ready');
}
