import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestUpstream, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request to ChartMogul. */
export interface Passing {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly body: string;
}

/** An answer from the wire itself; `reset` closes the connection, `hold` never answers. */
export type OwnAnswer =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'hold';

export interface WireOptions {
  /** Where requests go, e.g. the URL of a sandbox. */
  readonly upstream: string;
  /** Called before a request is forwarded, and awaited. An answer returned here replaces ChartMogul's. */
  readonly onRequest?: (request: Passing) => Promise<OwnAnswer | undefined> | OwnAnswer | undefined;
  /** Called after ChartMogul has answered (and committed), before the answer is forwarded. Awaited. */
  readonly onAnswer?: (request: Passing, status: number) => Promise<void> | void;
}

/** A proxy between one worker and ChartMogul that tracks requests in progress and can hold them at any moment. */
export interface Wire {
  readonly url: string;
  /** Requests from the worker that are not answered yet. */
  readonly underWay: ReadonlySet<Passing>;
  close(): Promise<void>;
}

interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * Opens a proxy. Each side sees the other side's connection: if the worker dies or gives up, the request is cancelled;
 * if ChartMogul sends no answer, the connection is closed.
 */
export async function openWire({ upstream, onRequest, onAnswer }: WireOptions): Promise<Wire> {
  const underWay = new Set<Passing>();
  const server = createServer((incoming, response) => {
    // The worker sees any failure as a broken connection.
    pass(incoming, response).catch(() => incoming.socket.destroy());
  });

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const passing: Passing = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString() };
    underWay.add(passing);
    response.once('close', () => underWay.delete(passing));

    const own = await onRequest?.(passing);
    if (response.destroyed || own === 'hold') return; // the client is gone, or must wait
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
