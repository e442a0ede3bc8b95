import { createInterface } from 'node:readline/promises';
import { stripVTControlCharacters, styleText } from 'node:util';
import { exitCodes } from '../runtime/exit-codes.js';
import { EndWith } from './errors.js';

/** An output stream: `process.stdout`, or a stand-in in tests. */
export interface Stream {
  readonly isTTY?: boolean;
  /** The width of the terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** The environment of a command: its settings, its output streams and its prompt. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Prompts for a confirmation. Absent if the command is not interactive. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

/** Colours a text, or returns it unchanged. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/**
 * The terminal of this process.
 *
 * @param onUnwritable is told why standard output cannot be written, for example because the disk is full. After it, the
 * process ends. Default: prints the reason.
 */
export function processTerminal(
  onUnwritable: (error: Error) => void = ({ message }) => console.error(message),
): Terminal {
  const { env, stdin, stdout, stderr } = process;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early (`list | head`) is not an error.
    if (error.code === 'EPIPE') process.exit();
    onUnwritable(error);
    process.exit(exitCodes.failed);
  });
  stderr.on('error', () => undefined); // nothing can be said any more, but the exit code
  return { env, stdout, stderr, ...(stdin.isTTY && stdout.isTTY && { confirm: confirmOn(stdin, stderr) }) };
}

/** Uses colours only on a terminal, and honours https://no-color.org. */
export function painter({ env }: Terminal, stream: Stream): Paint {
  const isColoured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text);
}

export interface TableLayout {
  /** The width of the terminal. Default: unlimited, as for a file or a pipe. */
  readonly width?: number | undefined;
  /** Default: no colours. */
  readonly paint?: Paint;
}

/**
 * Aligns rows under their titles, two spaces apart. If a row is wider than the terminal, each row becomes a few lines:
 * its first cell, and below it the other cells with their titles, without those that are `-`.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, paint = (_, text) => text }: TableLayout = {},
): string[] {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const [header = '', ...lines] = [titles, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  if ([header, ...lines].every((line) => line.length <= width)) return [paint('bold', header), ...lines];
  return rows.flatMap(([first = '', ...cells]) => {
    const pairs = cells.flatMap((cell, column) =>
      cell === '-' ? [] : [`${titles[column + 1]?.toLowerCase()} ${cell}`],
    );
    return [paint('bold', first), ...packed(pairs, width)];
  });
}

/** Breaks a text between words, so that its lines fit. A word that is longer than a line is not broken. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && stripVTControlCharacters(longer).length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Indented lines with as many texts as fit; no text is broken. */
function packed(texts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const longer = `${lines.at(-1)}, ${text}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`  ${text}`);
  }
  return lines;
}

/** Shows progress after two seconds: in place on a terminal, elsewhere as a line every ten seconds. */
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

/** Prompts for yes or no; any other input, and Ctrl-D, means no. @throws EndWith after Ctrl-C */
export function confirmOn(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<boolean> {
  return async (question) => {
    const reader = createInterface({ input, output, terminal: true });
    const answer = new Promise<string>((resolve, reject) => {
      // While readline reads a line, Ctrl-C arrives as a character and not as a signal.
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
