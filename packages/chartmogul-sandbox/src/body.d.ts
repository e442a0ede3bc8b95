import type { IncomingMessage } from 'node:http';
/** A body as it came: parsed only by the handler, so that a malformed one is logged and counted like any other. */
export type RawBody = {
    kind: 'text';
    text: string;
} | {
    kind: 'tooLarge';
};
/**
 * Reads a request's body. One that is too large is read to its end and thrown away: a client that is still sending when
 * the answer comes would see a broken connection instead.
 */
export declare function readBody(stream: IncomingMessage, done: (error: Error | null, body?: RawBody) => void): void;
/** The JSON in a body; undefined for an empty one, whatever its content type says. */
export declare function parseBody(raw: RawBody | null | undefined): unknown;
