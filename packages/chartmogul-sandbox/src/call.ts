import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answers.js';
import type { Exchange, LoggedRequest } from './request-log.js';

/** Smaller answers are not compressed. Recorded 2023-10-29: 622 bytes were not, 1,000 were. */
const gzipFrom = 860;

/** One API call from its headers to its answer, for the log and `onRequest`. */
export class Call {
  requestBody: unknown;
  readonly #entry: LoggedRequest;
  readonly #tell: ((exchange: Exchange) => void) | undefined;
  #isTold = false;

  constructor(entry: LoggedRequest, tell: ((exchange: Exchange) => void) | undefined) {
    this.#entry = entry;
    this.#tell = tell;
  }

  /** Logs an answer, then sends it: a client that has the answer must find it in the log. */
  answer(request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
    this.#entry.status = answer.status;
    send(request, reply, answer);
    this.#tellOnce(answer.body ?? answer.text);
  }

  /** The connection closes without an answer: status 0. */
  endUnanswered(): void {
    this.#tellOnce(undefined);
  }

  #tellOnce(responseBody: unknown): void {
    if (this.#isTold || !this.#tell) return;
    this.#isTold = true;
    this.#tell({ ...this.#entry, requestBody: this.requestBody, responseBody });
  }
}

/** Sends an answer with ChartMogul's headers, gzipped if the client accepts it. */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
  const { status, body, text, headers = {} } = answer;
  reply.code(status).header('access-control-allow-credentials', 'true');
  if (body === undefined && text === undefined) {
    reply.headers(headers).send();
    return;
  }
  reply.header('content-type', text === undefined ? 'application/json' : 'text/plain').headers(headers);
  // A Buffer keeps fastify from adding a charset, which ChartMogul does not send.
  const payload = text ?? JSON.stringify(body);
  if (payload.length < gzipFrom || !takesGzip(request.headers['accept-encoding'])) {
    reply.send(Buffer.from(payload));
    return;
  }
  reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding').send(zip(payload));
}

const zipped = new Map<string, Buffer>();
const mostZipped = 256;
const longestZipped = 8_192;

/** Compresses and caches the result: a polling client gets the same answer repeatedly. */
function zip(payload: string): Buffer {
  const known = zipped.get(payload);
  if (known) return known;
  // Small buffers: zlib's default allocation of 400 kB costs more than the compression.
  const chunkSize = Math.max(1_024, payload.length);
  const bytes = gzipSync(payload, { level: 1, memLevel: 4, windowBits: 12, chunkSize });
  if (payload.length > longestZipped) return bytes;
  if (zipped.size >= mostZipped) zipped.clear();
  zipped.set(payload, bytes);
  return bytes;
}

function takesGzip(accepted: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(accepted ?? ''));
}
