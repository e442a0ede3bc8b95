import type { IncomingMessage } from 'node:http';
import { refuse } from './answers.js';

/** Larger bodies are answered with 413. ChartMogul's own limit is not documented. */
const largestBody = 1_048_576;
/** Above this size the connection is closed instead of being read to the end. */
const mostDrained = 64 * 1_048_576;

/** An unparsed body. The handler parses it, so that a malformed body is logged and counted like any other. */
export type RawBody = { kind: 'text'; text: string } | { kind: 'tooLarge' };

/**
 * Reads a request's body. A body that is too large is read to the end and discarded: a client that is still sending
 * would otherwise see a broken connection instead of the answer.
 */
export function readBody(stream: IncomingMessage, done: (error: Error | null, body?: RawBody) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
    else chunks = [];
    if (size > mostDrained) stream.destroy();
  });
  stream.on('end', () => {
    done(null, size > largestBody ? { kind: 'tooLarge' } : { kind: 'text', text: Buffer.concat(chunks).toString() });
  });
  stream.on('error', (error) => done(error));
}

/** Parses the JSON body; undefined for an empty body, regardless of the content type. */
export function parseBody(raw: RawBody | null | undefined): unknown {
  if (!raw) return undefined;
  if (raw.kind === 'tooLarge') throw refuse(413, `The request body is larger than ${largestBody} bytes`);
  if (raw.text.trim() === '') return undefined;
  try {
    return JSON.parse(raw.text);
  } catch {
    throw refuse(400, 'The request body is not valid JSON');
  }
}
