import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type ProblemCode, ProblemError } from './problems.js';
import { protection } from './protection.js';

export const longestHeaders = 16 * 1024;
/** For whoever was refused to read why. A connection that is cut at once can take its last answer with it. */
const lingerMs = 2_000;

const details: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', `Send at most ${longestHeaders / 1024} kB of headers.`],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'Send the whole request within 30 seconds.'],
};

/** Requests of a connection that a route works on. */
const underWay = new WeakMap<Socket, Set<ServerResponse>>();
const refused = new WeakSet<Socket>();

/** What Node cannot read as a request never gets to a route: it is answered here, and ends the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (refused.has(socket)) return; // whatever else it sends
  refused.add(socket);
  const [code, detail] = details[error.code ?? ''] ?? ['malformed-request', 'It is not HTTP as it should be.'];
  const refuse = () => endWith(socket, new ProblemError(code, detail));
  // What came before it on this connection was read, and may be in Temporal already: its answer goes first, or this one
  // would be taken for it. A request that broke off itself is not worth the wait.
  const last = [...(underWay.get(socket) ?? [])].findLast(({ req }) => req.complete);
  if (last) last.once('close', refuse);
  else refuse();
}

/** Sees to what Node would answer by itself, with an empty body or not at all. */
export function answerForNode({ server, routing }: FastifyInstance): void {
  const note = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const others = underWay.get(socket) ?? new Set();
    underWay.set(socket, others.add(response));
    response.once('close', () => others.delete(response));
  };
  server.prependListener('request', note);
  server.on('checkExpectation', (request, response) => {
    note(request, response);
    routing(request, response);
  });
  server.on('connect', (_request, socket: Socket) => {
    const allow = 'GET, POST';
    endWith(socket, new ProblemError('method-not-allowed', 'This is no proxy.', { headers: { allow } }));
  });
}

function endWith(socket: Socket, problem: ProblemError): void {
  if (!socket.writable) return;
  const body = JSON.stringify(problem.document);
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...protection,
    ...problem.more.headers,
    connection: 'close',
  };
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
