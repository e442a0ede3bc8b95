import { refuse } from './answers.js';
/** Larger bodies are answered with 413. ChartMogul's own limit is not documented. */
const largestBody = 1_048_576;
/** Beyond this the connection is cut instead of being read to its end. */
const mostDrained = 64 * 1_048_576;
/**
 * Reads a request's body. One that is too large is read to its end and thrown away: a client that is still sending when
 * the answer comes would see a broken connection instead.
 */
export function readBody(stream, done) {
    let chunks = [];
    let size = 0;
    stream.on('data', (chunk) => {
        size += chunk.length;
        if (size <= largestBody)
            chunks.push(chunk);
        else
            chunks = [];
        if (size > mostDrained)
            stream.destroy();
    });
    stream.on('end', () => {
        done(null, size > largestBody ? { kind: 'tooLarge' } : { kind: 'text', text: Buffer.concat(chunks).toString() });
    });
    stream.on('error', (error) => done(error));
}
/** The JSON in a body; undefined for an empty one, whatever its content type says. */
export function parseBody(raw) {
    if (!raw)
        return undefined;
    if (raw.kind === 'tooLarge')
        throw refuse(413, `The request body is larger than ${largestBody} bytes`);
    if (raw.text.trim() === '')
        return undefined;
    try {
        return JSON.parse(raw.text);
    }
    catch {
        throw refuse(400, 'The request body is not valid JSON');
    }
}
//# sourceMappingURL=body.js.map