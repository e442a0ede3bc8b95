import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The answer to every request. An object becomes JSON. */
export interface FixedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Where the answer stalls: before it starts, or in the middle of its body. */
  readonly stalls?: 'before' | 'within';
}

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that gives the same answer to every request, for answers that the sandbox cannot give. */
export interface AnsweringServer {
  readonly url: string;
  readonly requests: readonly Request[];
  /** The next request that arrives. */
  arrival(): Promise<void>;
  /** Resolves when a client disconnects. */
  hangUp(): Promise<void>;
  /** Answers the requests that stall before their answer. */
  answer(): void;
  close(): Promise<void>;
}

export async function answering({
  status = 200,
  headers = {},
  body = {},
  stalls,
}: FixedAnswer): Promise<AnsweringServer> {
  const requests: Request[] = [];
  const server = createServer(async (request, response) => {
    let received = '';
    for await (const chunk of request) received += String(chunk);
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: received });
    response.once('close', () => server.emit('hungUp'));
    server.emit('arrived');
    if (stalls === 'before') await once(server, 'mayAnswer');
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, headers);
    if (stalls === 'within') response.write(text.slice(0, 1));
    else response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    arrival: async () => void (await once(server, 'arrived')),
    hangUp: async () => void (await once(server, 'hungUp')),
    answer: () => void server.emit('mayAnswer'),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
