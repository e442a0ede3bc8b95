import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunOfTests, shared } from '../support/shared.js';
import { testServer } from '../support/temporal-server.js';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** How a process ended, and all it said. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the process has said something. */
  said(text: string): Promise<void>;
  /** Everything so far, from both streams. */
  output(): string;
}

export type Environment = Readonly<Record<string, string>>;

/** Started and not yet ended, so that a failing test leaves nothing behind. */
const running = new Set<ChildProcess>();

/**
 * Starts a module of the project as a process of its own. It sees nothing of our environment but the PATH. In a test run,
 * a module of the product runs as it is built: from the source, a worker takes two seconds longer to start.
 */
export async function start(module: string, args: readonly string[], env: Environment): Promise<Running> {
  const [, path] = /^src\/(.+)\.ts$/.exec(module) ?? [];
  const program =
    path !== undefined && isRunOfTests()
      ? [join(await shared('build'), 'lib', `${path}.js`)]
      : ['--import', 'tsx', module];
  return startProgram(process.execPath, [...program, ...args], env);
}

export interface ProgramOptions {
  /** Where it starts. Default: the project's folder. */
  readonly cwd?: string;
  /** Whether it leads a process group of its own, as what is typed on a terminal does. Default: false. */
  readonly detached?: boolean;
}

/** Starts a program as a process of its own. It sees nothing of our environment but the PATH. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Environment,
  { cwd = projectFolder, detached = false }: ProgramOptions = {},
): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, { cwd, detached, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const texts = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
      for (const listener of listeners) listener();
    });
  }
  const output = () => texts.stdout + texts.stderr;
  const ended = once(child, 'close').then(() => {
    running.delete(child);
    for (const listener of listeners) listener();
    return { exitCode: child.exitCode, signal: child.signalCode, ...texts };
  });
  return {
    process: child,
    ended,
    output,
    said: (text) =>
      new Promise((resolve, reject) => {
        const listener = () => {
          if (output().includes(text)) resolve();
          else if (!running.has(child)) reject(new Error(`it ended without saying "${text}":\n${output()}`));
          else return;
          listeners.delete(listener);
        };
        listeners.add(listener);
        listener();
      }),
  };
}

/** Runs the command line to its end. */
export async function customerJourney(args: readonly string[], env: Environment): Promise<Ended> {
  return (await start('src/starter.ts', args, env)).ended;
}

/** The environment in which a command finds the Temporal of the test run. */
export async function temporalEnvironment(account: string): Promise<Environment> {
  const { env } = await testServer();
  return { ...env, JOURNEY_ACCOUNT: account };
}

/** Ends what a test has started and not ended. */
export async function endProcesses(): Promise<void> {
  const children = [...running];
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
}
