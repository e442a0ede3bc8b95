import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const keptCharacters = 4_000;

/** An unmodified process of the product. */
export interface StartedProcess {
  readonly pid: number;
  /** The exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  hasEnded(): boolean;
  /** The end of its output. */
  lastWords(): string;
  /** Waits until the output contains the text. Rejects if the process exits first. */
  said(text: string): Promise<void>;
  kill(): void;
}

/** Starts a module in its own process, with only the given environment, PATH and HOME. */
export function startProcess(
  module: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', module, ...args], {
    cwd: projectFolder,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-keptCharacters);
      child.emit('said');
    });
  }
  endWithUs(child);
  return {
    pid: child.pid ?? 0,
    ended: once(child, 'close').then(() => child.exitCode),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    lastWords: () => words,
    kill: () => void child.kill('SIGKILL'),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => words.includes(text) && resolve();
        child.on('said', look).once('close', () => reject(new Error(`${module} exited:\n${words}`)));
        look();
      }),
  };
}

/** An interrupted drill leaves no process behind. */
function endWithUs(child: ChildProcess): void {
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
}
