import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answers.js';
import type { Exchange, LoggedRequest } from './request-log.js';

/** Below this an answer is sent as it is, also when gzip is offered. Recorded 2023-10-29: 622 bytes were, 1,000 were not. */
const gzipFrom = 860;

/** One call of the API from its headers to its answer: what the log and `onRequest` tell of it. */
export class Call {
  requestBody: unknown;
  #isTold = false;

  constructor(
    private readonly entry: LoggedRequest,
    private readonly tell: ((exchange: Exchange) => void) | undefined,
  ) {}

  /** Sends an answer and notes it. Noted first: whoever has the answer must find it in the log. */
  answer(request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
    this.entry.status = answer.status;
    send(request, reply, answer);
    this.#tellOnce(answer.body ?? answer.text);
  }

  /** The connection ends without an answer: status 0. */
  endUnanswered(): void {
    this.#tellOnce(undefined);
  }

  #tellOnce(responseBody: unknown): void {
    if (this.#isTold || !this.tell) return;
    this.#isTold = true;
    this.tell({ ...this.entry, requestBody: this.requestBody, responseBody });
  }
}

/** Sends an answer with ChartMogul's headers, gzipped if the client takes that. */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
  const { status, body, text, headers = {} } = answer;
  reply.code(status).header('access-control-allow-credentials', 'true');
  if (body === undefined && text === undefined) {
    reply.headers(headers).send();
    return;
  }
  reply.header('content-type', text === undefined ? 'application/json' : 'text/plain').headers(headers);
  // A Buffer keeps fastify from adding a charset, which ChartMogul does not send.
  const bytes = Buffer.from(text ?? JSON.stringify(body));
  if (bytes.length < gzipFrom || !takesGzip(request.headers['accept-encoding'])) {
    reply.send(bytes);
    return;
  }
  reply
    .header('content-encoding', 'gzip')
    .header('vary', 'accept-encoding')
    .send(gzipSync(bytes, { level: 1 }));
}

function takesGzip(accepted: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(accepted ?? ''));
}
