import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  connect,
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface ProxyOptions {
  /** The server behind the proxy, as `host:port`. */
  readonly address: string;
  /** The paths of the certificate and its key. Default: no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The path of the CA whose client certificates are required. */
  readonly clientCa?: string;
  /** The newest TLS version. Default: 1.3. */
  readonly maxVersion?: 'TLSv1.2';
  /** Whether a call with this `authorization` header may pass. Default: every call may. */
  isAllowed?(authorization: string | undefined, path: string): boolean;
}

/** A server in front of a real Temporal server that adds what its development server lacks: TLS and authorization. */
export interface SecureProxy {
  /** As `host:port`. */
  readonly address: string;
  /** Ends all calls that are open, as a server that is restarted does. */
  cut(): void;
  close(): Promise<void>;
}

export async function startSecureProxy(options: ProxyOptions): Promise<SecureProxy> {
  const { tls, clientCa, maxVersion } = options;
  const sessions = new Set<Http2Session>();
  const upstream = connect(`http://${options.address}`);
  upstream.on('error', () => undefined);
  const server = tls
    ? createSecureServer({
        cert: readFileSync(tls.cert),
        key: readFileSync(tls.key),
        ...(maxVersion && { maxVersion }),
        ...(clientCa && { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
      })
    : createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const isAllowed = options.isAllowed?.(headers.authorization, String(headers[':path'])) ?? true;
    if (isAllowed) pass(stream, headers, upstream);
    else refuse(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    cut,
    async close() {
      cut();
      upstream.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As Temporal's own authorizer answers. */
function refuse(stream: ServerHttp2Stream): void {
  const headers = { 'content-type': 'application/grpc', 'grpc-status': '7', 'grpc-message': 'Request unauthorized.' };
  stream.respond({ ':status': 200, ...headers }, { endStream: true });
}

function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ReturnType<typeof connect>): void {
  const call = upstream.request({ ...headers, ':scheme': 'http' });
  let trailers: IncomingHttpHeaders = {};
  call.on('response', (answer) => {
    if (!stream.destroyed) stream.respond(answer, { waitForTrailers: true });
  });
  call.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  call.on('error', () => stream.close());
  stream.on('close', () => call.close());
  stream.pipe(call);
  call.pipe(stream);
}
