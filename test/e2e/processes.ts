import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunOfTests, shared } from '../support/shared.js';
import { testServer } from '../support/temporal-server.js';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** How a process exited, and its output. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the output contains a text. */
  said(text: string): Promise<void>;
  /** The output so far, from both streams. */
  output(): string;
}

export type Environment = Readonly<Record<string, string>>;

/**
 * Processes that are still running, and which id to kill: negative for a process group. `endProcesses` kills them, also
 * after a failed test.
 */
const running = new Map<ChildProcess, number>();

/**
 * Starts a module of the project as a separate process. It inherits only `PATH` and `HOME`. In a test run, a product
 * module runs from the build: from the source, a worker takes two seconds longer to start.
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
  /** The working directory. Default: the project's folder. */
  readonly cwd?: string;
  /** Whether it leads its own process group, like a command typed in a terminal. Default: false. */
  readonly detached?: boolean;
}

/** Starts a program as a separate process. It inherits only `PATH` and `HOME`. A worker gets a free operations port. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Environment,
  { cwd = projectFolder, detached = false }: ProgramOptions = {},
): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, {
    cwd,
    detached,
    env: { PATH, HOME, WORKER_OPERATIONS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid !== undefined) running.set(child, detached ? -pid : pid);
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
          else if (!running.has(child))
            reject(new Error(`the process exited before it printed "${text}":\n${output()}`));
          else return;
          listeners.delete(listener);
        };
        listeners.add(listener);
        listener();
      }),
  };
}

/** Runs a command until it exits. */
export async function customerJourney(args: readonly string[], env: Environment): Promise<Ended> {
  return (await start('src/starter.ts', args, env)).ended;
}

/** The environment that connects a command to the test run's Temporal server. */
export async function temporalEnvironment(account: string): Promise<Environment> {
  const { env } = await testServer();
  return { ...env, JOURNEY_ACCOUNT: account };
}

/** Kills the processes that a test has left running, with those that they have started in their group. */
export async function endProcesses(): Promise<void> {
  const children = [...running];
  for (const [child, id] of children) if (isAlive(child)) process.kill(id, 'SIGKILL');
  await Promise.all(children.map(([child]) => isAlive(child) && once(child, 'close')));
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
