import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problems.js';

/**
 * Without keys only programs of this machine may come in. A web page in somebody's browser here, or a proxy that brings in
 * the world, gives itself away by these headers.
 */
export function requireLoopback(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const isForwarded = Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));
    const isForeign = !isLocal(headers.host) || (headers.origin !== undefined && !isLocal(hostOf(headers.origin)));
    if (!isForwarded && !isForeign) return;
    throw new ProblemError(
      'forbidden',
      'Started with --insecure-local, the gateway takes requests from programs of its own machine only.',
    );
  });
}

function isLocal(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
