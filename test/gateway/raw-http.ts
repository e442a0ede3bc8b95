import { connect } from 'node:net';

/** A raw response. */
export interface RawAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawOptions {
  /** How many responses to wait for. Default: 1. */
  readonly answers?: number;
  /** Whether responses have no body despite their `Content-Length`. */
  readonly isHead?: boolean;
  /** When to half-close the connection, so that a waiting server sees the end of the request. Default: 14 s. */
  readonly patienceMs?: number;
}

const giveUpMs = 20_000;

/**
 * Sends arbitrary bytes over a new connection and reads responses, until there are enough of them or the server closes
 * the connection.
 *
 * @throws if neither happens, or if a response is not HTTP
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
    // The server may refuse a request and close the connection before everything is sent.
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
