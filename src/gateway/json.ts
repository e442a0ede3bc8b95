import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problems.js';

/**
 * Reads bodies as JSON only. Invalid UTF-8 is refused: by default it would become replacement characters, and the lead
 * id that of another lead.
 */
export function parseJsonStrictly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity') {
      done(new ProblemError('unsupported-media-type', 'Send the body uncompressed, without a `Content-Encoding`.'));
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
