import { runCommandLine } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';

export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An address without a Temporal server, so that every connection fails. */
export const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

/** Runs a command in this process and captures its output. */
export async function run(
  args: readonly string[],
  options: Partial<Terminal> & { isTTY?: boolean } = {},
): Promise<Said> {
  const { isTTY = false, ...terminal } = options;
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said) => ({ isTTY, write: (text: string) => (said[name] += text) });
  const exitCode = await runCommandLine(args, {
    env: nowhere,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    ...terminal,
  });
  return { exitCode, ...said };
}
