import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The response of the stand-in to one request. */
export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Reads the request and closes the connection, `cut` in the middle of the response. */
  | 'reset'
  | 'cut'
  /** Never responds. */
  | 'silence';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds since the stand-in was started. */
  readonly at: number;
}

/**
 * An HTTP server with scripted responses, including those that come from proxies and never from a gateway. It repeats
 * the last response.
 */
export async function startStandIn(answers: readonly (Answer | ((request: ReceivedRequest) => Answer))[]) {
  const started = performance.now();
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = '', url: path = '', headers } = incoming;
    const received = { method, path, headers, body, at: performance.now() - started };
    const told = answers[Math.min(requests.push(received), answers.length) - 1];
    const answer = typeof told === 'function' ? told(received) : (told ?? 'silence');
    if (answer === 'silence') return;
    if (answer === 'reset') return void incoming.socket.destroy();
    if (answer === 'cut') {
      outgoing.writeHead(202, { 'content-type': 'application/json', 'content-length': '1000' });
      return void outgoing.write('{"status":', () => incoming.socket.destroy());
    }
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
    outgoing.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const accepted = {
  status: 'accepted',
  journey_id: 'journey/default/lead_42',
  run_id: '0197b3c1-5f0e-7c1b-93d0-4d0d9a3c2f6e',
  links: { lead: '/v1/leads/lead_42', web_ui: 'http://127.0.0.1:8233/namespaces/default/workflows/x' },
};

export function problem(status: number, more: Readonly<Record<string, unknown>> = {}) {
  return { type: 'urn:customer-journey:problem:test', title: 'Not taken', status, detail: 'Send it again.', ...more };
}
