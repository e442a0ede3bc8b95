import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { exitCodes } from '../runtime/exit-codes.js';
import { EndWith } from './errors.js';

/** What a command writes to: `process.stdout`, or a stand-in in tests. */
export interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The world of a command: where it writes, what it reads its settings from, whom it can ask. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Asks a person. Absent where nobody sits. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

/** Colours a text, or leaves it as it is. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** The terminal that this process runs in. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  // A reader that has seen enough (`list | head`) is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return { env, stdout, stderr, ...(stdin.isTTY && stdout.isTTY && { confirm: confirmOn(stdin, stderr) }) };
}

/** Colours only for a person's eyes, and never against https://no-color.org. */
export function painter({ env }: Terminal, stream: Stream): Paint {
  const isColoured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text);
}

/** Lines up rows under their titles, two spaces apart. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [titles, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Counts in place on a terminal, once it has taken two seconds; elsewhere a line every ten. */
export class Progress {
  private readonly since: number;
  private shownAt = 0;
  private isShown = false;

  constructor(
    private readonly stream: Stream,
    private readonly now: () => number = Date.now,
  ) {
    this.since = now();
  }

  update(text: string): void {
    const now = this.now();
    const pause = this.stream.isTTY ? 200 : 10_000;
    if (now - this.since < 2_000 || now - this.shownAt < pause) return;
    this.shownAt = now;
    this.isShown = true;
    this.stream.write(this.stream.isTTY ? `${clearLine}${text}` : `${text}\n`);
  }

  end(): void {
    if (this.isShown && this.stream.isTTY) this.stream.write(clearLine);
  }
}

const clearLine = '\r\u001b[2K';

/** Asks a person for a yes; whatever else is typed, and Ctrl-D, is a no. @throws EndWith after Ctrl-C */
export function confirmOn(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<boolean> {
  return async (question) => {
    const reader = createInterface({ input, output, terminal: true });
    const answer = new Promise<string>((resolve, reject) => {
      // While a line is read, Ctrl-C comes as a character and not as a signal.
      reader.once('SIGINT', () => {
        output.write('\nStopped; nothing was started or changed.\n');
        reject(new EndWith(exitCodes.interrupted));
      });
      reader.once('close', () => resolve(''));
      reader.question(`${question} [y/N] `).then(resolve, () => resolve(''));
    });
    try {
      return /^y(es)?$/i.test((await answer).trim());
    } finally {
      reader.close();
    }
  };
}
