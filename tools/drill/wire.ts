import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestUpstream, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request on its way to ChartMogul. */
export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

/** What a wire answers by itself; `reset` cuts the connection, `hold` never answers. */
export type OwnAnswer =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'hold';

export interface WireOptions {
  /** Where requests go, e.g. the URL of a sandbox. */
  readonly upstream: string;
  /** Before a request is passed on. It waits for this; an answer given here is sent in place of ChartMogul's. */
  readonly onRequest?: (request: Passing) => Promise<OwnAnswer | undefined> | OwnAnswer | undefined;
  /** When ChartMogul has answered, and so committed, before the answer is passed on. It waits for this. */
  readonly onAnswer?: (request: Passing, status: number) => Promise<void> | void;
}

/** A line between one worker and ChartMogul, which knows what is under way and can be held at any moment. */
export interface Wire {
  readonly url: string;
  /** Arrived from the worker and not answered yet. */
  readonly underWay: ReadonlySet<Passing>;
  close(): Promise<void>;
}

interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * Opens a line. What one side does to the connection the other side sees: a worker that dies or gives up ends the request,
 * and an answer that never came ends the connection.
 */
export async function openWire({ upstream, onRequest, onAnswer }: WireOptions): Promise<Wire> {
  const underWay = new Set<Passing>();
  const server = createServer((incoming, response) => {
    // Whatever breaks on the way, the worker sees as a broken connection.
    pass(incoming, response).catch(() => incoming.socket.destroy());
  });

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const passing: Passing = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString() };
    underWay.add(passing);
    response.once('close', () => underWay.delete(passing));

    const own = await onRequest?.(passing);
    if (response.destroyed || own === 'hold') return; // who asked is gone, or shall wait
    if (own === 'reset') return void incoming.socket.destroy();
    const answer = own ? ownAnswer(own) : await ask(upstream, incoming, body, response);
    await onAnswer?.(passing, answer.status);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length }).end(answer.body);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    underWay,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function ownAnswer({ status, body = '', headers = {} }: Exclude<OwnAnswer, string>): UpstreamAnswer {
  return { status, headers: { ...headers }, body: Buffer.from(body) };
}

async function ask(
  upstream: string,
  { method, url = '', headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<UpstreamAnswer> {
  const outgoing = requestUpstream(upstream + url, { method, headers: { ...headers, connection: 'close' } });
  response.once('close', () => outgoing.destroy());
  return await new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      const { 'transfer-encoding': _, connection, 'keep-alive': __, ...kept } = answer.headers;
      bodyOf(answer).then(
        (answered) => resolve({ status: answer.statusCode ?? 0, headers: kept, body: answered }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
