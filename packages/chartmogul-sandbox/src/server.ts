import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Account } from './account.js';
import { type Answer, refuse } from './answers.js';
import { api } from './api.js';
import { readBody } from './body.js';
import { send } from './call.js';
import { control } from './control.js';
import { settle } from './jobs.js';
import { DataFileError } from './journal.js';
import { renderPage } from './page.js';
import type { Exchange } from './request-log.js';

interface ServerOptions {
  readonly account: Account;
  readonly commit: () => void;
  readonly onRequest?: ((exchange: Exchange) => void) | undefined;
}

/** The HTTP server: the API, the control API, and an error for every other path. */
export function createServer(options: ServerOptions): FastifyInstance {
  const app = Fastify({
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_000 },
    frameworkErrors: (error, request, reply) => send(request, reply, answerError(error)),
    clientErrorHandler: answerBrokenHttp,
  });
  // Accepts any content type, also JSON with an empty body: every official client sends that.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, stream, done) => readBody(stream, done));
  app.setErrorHandler((error: Error, request, reply) => {
    const answer = answerError(error);
    if (request.call) request.call.answer(request, reply, answer);
    else send(request, reply, answer);
  });
  app.setNotFoundHandler((request, reply) => {
    send(request, reply, refuse(404, 'Unknown path. The API is under /v1, the control API under /_sandbox').answer);
  });
  app.get('/', (_request, reply) => {
    settle(options.account);
    return reply.type('text/html; charset=utf-8').send(renderPage(options.account));
  });
  app.register(control, options);
  app.register(api, { ...options, prefix: '/v1' });
  return app;
}

function answerError(error: Error & { statusCode?: number }): Answer {
  if (error instanceof DataFileError) return refuse(500, error.message).answer;
  const status = error.statusCode ?? 500;
  if (status < 500) return refuse(status, error.message).answer;
  console.error(error);
  return refuse(status, 'Internal sandbox error; see its output').answer;
}

/** Answers input that is not HTTP. There is no request object, so this writes to the socket. */
function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const isTooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const [status, reason] = isTooLong ? [431, 'Request Header Fields Too Large'] : [400, 'Bad Request'];
  const body = JSON.stringify(refuse(status, reason).answer.body);
  const headers = `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${headers}\r\n\r\n${body}`);
}
