import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type ProblemCode, ProblemError } from './problems.js';
import { protection } from './protection.js';

export const longestHeaders = 16 * 1024;
/** Time for the client to read the response. Closing the connection at once can lose it. */
const lingerMs = 2_000;

const details: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', `Send at most ${longestHeaders / 1024} kB of headers.`],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'Send the whole request within 30 seconds.'],
};

/** The requests in progress on each connection. */
const underWay = new WeakMap<Socket, Set<ServerResponse>>();
const refused = new WeakSet<Socket>();

/** Answers bytes that Node cannot parse as a request, which never reach a route, and closes the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (refused.has(socket)) return; // already answered
  refused.add(socket);
  const [code, detail] = details[error.code ?? ''] ?? ['malformed-request', 'The request is not valid HTTP.'];
  const refuse = () => endWith(socket, new ProblemError(code, detail));
  // Earlier requests on this connection were read and may be in Temporal already: their responses must go first, or the
  // client would take this one for theirs. Incomplete requests are not waited for.
  const last = [...(underWay.get(socket) ?? [])].findLast(({ req }) => req.complete);
  if (last) last.once('close', refuse);
  else refuse();
}

/** Handles requests that Node would answer itself, with an empty body or not at all. */
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
    endWith(socket, new ProblemError('method-not-allowed', 'The gateway is not a proxy.', { headers: { allow } }));
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
