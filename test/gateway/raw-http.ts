import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawOptions {
  /** How many answers to wait for. Default: 1. */
  readonly answers?: number;
  /** Whether an answer has no body although it tells of one. */
  readonly isHead?: boolean;
  /** After so long nothing more is sent, so that whoever still waits for the request sees its end. Default: 14 s. */
  readonly patienceMs?: number;
}

const giveUpMs = 20_000;

/**
 * Sends bytes over a connection of their own, whatever they are, and reads answers, until there are enough of them or the
 * other side closes.
 *
 * @throws if neither happens, or if what comes back is no HTTP
 */
export function exchange(
  url: string,
  bytes: Buffer | string,
  { answers: wanted = 1, isHead = false, patienceMs = 14_000 }: RawOptions = {},
): Promise<readonly RawAnswer[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const patience = setTimeout(() => socket.end(), patienceMs);
    const limit = setTimeout(() => finish(new Error('neither an answer nor an end')), giveUpMs);
    const finish = (error?: Error) => {
      clearTimeout(patience);
      clearTimeout(limit);
      socket.destroy();
      if (error) reject(error);
      else resolve(readAnswers(received, isHead).answers);
    };
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        if (readAnswers(received, isHead).answers.length >= wanted) finish();
      } catch (error) {
        finish(error as Error); // thrown by readAnswers
      }
    });
    // A refusal may come before all is sent, and close the connection under what is still on its way.
    socket.on('error', () => finish());
    socket.on('end', () => {
      const { rest } = readAnswers(received, isHead);
      finish(rest.length === 0 ? undefined : new Error(`an answer that ends too early: ${rest.toString('latin1')}`));
    });
    socket.write(bytes);
  });
}

function readAnswers(bytes: Buffer, isHead: boolean): { readonly answers: RawAnswer[]; readonly rest: Buffer } {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { answers, rest };
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no status line: ${first}`);
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const isInterim = status < 200;
    const length = isInterim || isHead ? 0 : Number(headers.get('content-length'));
    if (Number.isNaN(length)) throw new Error(`an answer without a length: ${first}`);
    if (rest.length < end + 4 + length) return { answers, rest };
    if (!isInterim) answers.push({ status, headers, body: rest.subarray(end + 4, end + 4 + length).toString() });
    rest = rest.subarray(end + 4 + length);
  }
}
