import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problems.js';

/**
 * Without keys, only programs on this machine may send requests. These headers reveal a web page in a local browser or
 * a proxy that forwards requests from elsewhere.
 */
export function requireLoopback(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const isForwarded = Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));
    const isForeign = !isLocal(headers.host) || (headers.origin !== undefined && !isLocal(hostOf(headers.origin)));
    if (!isForwarded && !isForeign) return;
    throw new ProblemError(
      'forbidden',
      'With --insecure-local, the gateway only accepts requests from programs on its own machine.',
    );
  });
}

function isLocal(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
