import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problems.js';

/**
 * Reads bodies as JSON and nothing else. Bytes that are no UTF-8 are refused: by default they would become replacement
 * characters, and a lead somebody else.
 */
export function parseJsonStrictly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity') {
      done(new ProblemError('unsupported-media-type', 'Send the body as it is, without a `Content-Encoding`.'));
      return;
    }
    let text: string;
    try {
      text = decoder.decode(body);
    } catch {
      done(new ProblemError('malformed-request', 'The body is not UTF-8.'));
      return;
    }
    void parse(request, text, done);
  });
}
