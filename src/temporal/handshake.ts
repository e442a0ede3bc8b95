import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely, type TLSSocket } from 'node:tls';
import type { TLSConfig } from '@temporalio/client';

/** How a server answers the first bytes of a gRPC connection. */
export interface Answer {
  /** `grpc`: as a gRPC server does. `other`: in another protocol. `none`: not within the timeout, or with an error. */
  readonly speaks: 'grpc' | 'other' | 'none';
  /** Whether the TLS handshake reached its end. A server may refuse a client certificate after that. */
  readonly isSecured: boolean;
  /** Of the network or of TLS; undefined if the server closed the connection or did not answer. */
  readonly error?: NodeJS.ErrnoException;
  /** Whether the server closed the connection. */
  readonly isClosed: boolean;
}

/** What every HTTP/2 client sends first: its preface, and a frame with no settings. */
const firstBytes = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
const settingsFrame = 4;

/**
 * Opens a connection, sends the first bytes of HTTP/2 and reports what comes back.
 *
 * @param address as `host:port`
 * @param signal closes the connection early
 * @param tls undefined for a connection without TLS; `unverified` accepts every certificate
 */
export async function greet(
  address: string,
  tls: TLSConfig | 'unverified' | undefined,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Answer> {
  if (signal?.aborted) return { speaks: 'none', isSecured: false, isClosed: true };
  const { host, port } = partsOf(address);
  const socket = tls === undefined ? connectPlainly({ host, port }) : connectSecurely(optionsOf(host, port, tls));
  const stop = () => void socket.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(socket, timeoutMs);
  } finally {
    signal?.removeEventListener('abort', stop);
    socket.destroy();
  }
}

function answerOf(socket: Socket | TLSSocket, timeoutMs: number): Promise<Answer> {
  let isSecured = false;
  let received = Buffer.alloc(0);
  const isTls = 'encrypted' in socket;
  return new Promise((resolve) => {
    const end = (answer: Pick<Answer, 'speaks'> & Partial<Answer>) =>
      resolve({ isSecured, isClosed: false, ...answer });
    socket.setTimeout(timeoutMs, () => end({ speaks: 'none' }));
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      isSecured = isTls;
      socket.write(firstBytes);
    });
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      // The fourth byte of a frame is its type.
      if (received.length > 3) end({ speaks: received[3] === settingsFrame ? 'grpc' : 'other' });
    });
    socket.on('error', (error) => end({ speaks: 'none', error }));
    socket.on('close', () => end({ speaks: received.length > 0 ? 'other' : 'none', isClosed: true }));
  });
}

/** As the SDK's client connects. */
function optionsOf(host: string, port: number, tls: TLSConfig | 'unverified'): ConnectionOptions {
  const name = tls === 'unverified' ? undefined : tls.serverNameOverride;
  const common = { host, port, ALPNProtocols: ['h2'], servername: name ?? (isIP(host) ? '' : host) };
  if (tls === 'unverified') return { ...common, rejectUnauthorized: false };
  const { serverRootCACertificate: ca, clientCertPair } = tls;
  return {
    ...common,
    ...(ca && { ca: Buffer.from(ca) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  };
}

function partsOf(address: string): { host: string; port: number } {
  const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port: Number(port) };
}
