/**
 * Receives progress of a long step, one line at a time. A line that ends in `…` is still in progress; the next line
 * reports how it ended.
 */
export type OnProgress = (line: string) => void;

/** The output of a progress printer: `process.stderr`, or a fake in tests. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const clearLine = '\r\u001b[2K';

/**
 * Prints progress. On a terminal, a line in progress (it ends in `…`) counts the seconds in place; in a file or a CI
 * log every line is written once.
 */
export function progressPrinter(stream: ProgressStream = process.stderr): OnProgress {
  if (stream.isTTY !== true) return (line) => void stream.write(`${line}\n`);

  let ticker: NodeJS.Timeout | undefined;
  return (line) => {
    if (ticker) stream.write(clearLine);
    clearInterval(ticker);
    ticker = undefined;
    if (!line.endsWith('…')) {
      stream.write(`${line}\n`);
      return;
    }
    const since = Date.now();
    const show = () => stream.write(`${clearLine}${line} ${Math.round((Date.now() - since) / 1000)} s`);
    show();
    ticker = setInterval(show, 1000).unref();
  };
}
