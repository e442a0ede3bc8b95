import { gzipSync } from 'node:zlib';
/** Below this an answer is sent as it is, also when gzip is offered. Recorded 2023-10-29: 622 bytes were, 1,000 were not. */
const gzipFrom = 860;
/** One call of the API from its headers to its answer: what the log and `onRequest` tell of it. */
export class Call {
    requestBody;
    #entry;
    #tell;
    #isTold = false;
    constructor(entry, tell) {
        this.#entry = entry;
        this.#tell = tell;
    }
    /** Sends an answer and notes it. Noted first: whoever has the answer must find it in the log. */
    answer(request, reply, answer) {
        this.#entry.status = answer.status;
        send(request, reply, answer);
        this.#tellOnce(answer.body ?? answer.text);
    }
    /** The connection ends without an answer: status 0. */
    endUnanswered() {
        this.#tellOnce(undefined);
    }
    #tellOnce(responseBody) {
        if (this.#isTold || !this.#tell)
            return;
        this.#isTold = true;
        this.#tell({ ...this.#entry, requestBody: this.requestBody, responseBody });
    }
}
/** Sends an answer with ChartMogul's headers, gzipped if the client takes that. */
export function send(request, reply, answer) {
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
const zipped = new Map();
const mostZipped = 256;
const longestZipped = 8_192;
/** Compresses, or remembers: who polls gets the same answer again and again. */
function zip(payload) {
    const known = zipped.get(payload);
    if (known)
        return known;
    // Small buffers: the 400 kB that zlib takes by default cost more than the compressing.
    const chunkSize = Math.max(1_024, payload.length);
    const bytes = gzipSync(payload, { level: 1, memLevel: 4, windowBits: 12, chunkSize });
    if (payload.length > longestZipped)
        return bytes;
    if (zipped.size >= mostZipped)
        zipped.clear();
    zipped.set(payload, bytes);
    return bytes;
}
function takesGzip(accepted) {
    return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(accepted ?? ''));
}
//# sourceMappingURL=call.js.map