import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const keptCharacters = 4_000;
const stopWithinMs = 10_000;

export interface MeasuredProcess {
  readonly pid: number;
  /** Rejects with the end of its stderr if it exits unexpectedly. */
  readonly ended: Promise<void>;
  /** Whatever it sends by `process.send` after `ready`. */
  onMessage(listener: (message: unknown) => void): void;
  /** What it gets by `process.on('message')`. */
  send(message: object): void;
  /** Sends SIGTERM, kills after 10 s, and returns when it has exited. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Its environment, beside the PATH and the home folder. */
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself. Default: none, so that a compiled module runs as it does in production. */
  readonly execArgv?: readonly string[];
}

/**
 * Starts a module in a process of its own and waits until it sends `ready` by `process.send`. It ends with us: the bench
 * kills it when it exits, and {@link readyForBench} notices if the bench was killed itself.
 */
export async function startMeasured(module: string, options: ProcessOptions = {}): Promise<MeasuredProcess> {
  const { PATH = '', HOME = '' } = process.env;
  const { env = {}, execArgv = [] } = options;
  const child = fork(module, [], {
    env: { PATH, HOME, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-keptCharacters);
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let isAsked = false;
  const closed = once(child, 'close').finally(() => process.off('exit', kill));
  const ended = closed.then(() => {
    if (!isAsked) throw new Error(`${module} exited unexpectedly:\n${words}`);
  });
  ended.catch(() => undefined); // callers that await it get the error

  await Promise.race([ready(child), ended]);
  return {
    pid: child.pid ?? 0,
    ended,
    onMessage: (listener) => void child.on('message', listener),
    send: (message) => void child.send(message),
    stop() {
      isAsked = true;
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
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await closed;
  clearTimeout(timer);
}

/** For the module that {@link startMeasured} starts: says that it is ready, and ends when the bench is gone. */
export function readyForBench(): void {
  process.once('disconnect', () => process.exit());
  process.send?.('ready');
}
